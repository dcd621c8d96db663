from tests.browser.test_vote_journey import *
from tests.browser.test_vote_journey import playwright, vote, phone
def test_shots(vote, phone, clock):
    page = new_page(phone)
    page.goto(vote.url("?district=d1"))
    page.locator('input[value="1"]').check(); page.locator('input[value="3"]').check(); page.locator('input[value="2"]').click()
    page.screenshot(path="/tmp/shot1.png")
    choose(page, vote)
    page.screenshot(path="/tmp/shot2.png", full_page=True)
    identify(page, vote.ids[0]); code_on(page)
    page.wait_for_timeout(500)
    page.screenshot(path="/tmp/shot3.png", full_page=True)
    page.goto(f"{vote.origin}/booth/check"); page.screenshot(path="/tmp/shot4.png", full_page=True)
