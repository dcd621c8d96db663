"""What the service promises a voter about secrecy: each sentence once, with the stages in which it is true.

A page shows such a sentence as ``promise("key")`` and never writes its own. ``stages`` are the stages of the
call at which the sentence may be shown: a sentence that names its own time ("until the result ...; from then
on ...") is true at all of them, another one only before or after an act. ``threats`` quotes the words of
docs/threat-model.md on which the sentence rests; a test holds pages, stages and document together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pbvote.core.rules.stage import Stage
from pbvote.words.catalogue import gettext as _

EVERY: Final = frozenset(Stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A sentence, the stages in which it is true, and the words of the threat model that it rests on."""

    key: str
    say: Callable[[], str]
    threats: str
    stages: frozenset[Stage] = EVERY


PROMISES: Final = (
    Promise(
        key="code-reveals",
        say=lambda: _(
            "結果公布以前，光憑查核碼，沒有人讀得到您選了什麼；公布以後，有查核碼的人都讀得到。"
            "請自己收好，不要給別人；您也可以選擇不留。"
        ),
        threats="check code and the public record together are the vote",
    ),
    Promise(
        key="evidence-shows-vote",
        say=lambda: _("結果公布以後，拿到收據檔案的人也讀得到您選了什麼，請只交給您信任的人。"),
        threats="check code and the public record together are the vote",
    ),
    Promise(
        key="look-up",
        say=lambda: _("查詢不會投票。查到了，系統不留下紀錄；沒查到的次數，過了當天就刪除。"),
        threats="Looking up whether one may vote leaves nothing behind",
    ),
    Promise(
        key="nobody-may-ask",
        say=lambda: _("如果有人要您出示查核碼，您可以說沒有留。"),
        threats="may choose not to keep it",
    ),
    Promise(
        key="one-ballot",
        say=lambda: _(
            "身分驗證後，每個人只能領到一張投票券；一張投票券只能投出一張選票。"
            "不驗證身分的意見調查，是每個確認過的信箱或現場號碼一張。"
        ),
        threats="One counted ballot per verified person",
    ),
    Promise(
        key="sealed-until-opening",
        say=lambda: _(
            "選票在您的裝置上就已密封。開票金鑰由機關在系統之外保管，截止後才帶來開票；"
            "沒有它，營運系統的人也讀不到選票。"
        ),
        threats="Whoever holds the opening key before the close",
    ),
    Promise(
        key="key-published",
        say=lambda: _(
            "結果公布時，開票金鑰也一併公開，讓任何人都能重新計票。從那時起，"
            "每張選票的內容都讀得到，但沒有姓名；知道您查核碼的人，就知道哪一張是您的。"
        ),
        threats="check code and the public record together are the vote",
    ),
    Promise(
        key="stored-unlinked",
        say=lambda: _(
            "投票人名冊和票匭是兩個互不相通的資料庫，投票券以盲簽章發出，發券的一方看不到券的內容；"
            "存下來的資料沒有記載哪一張選票是誰投的。"
        ),
        threats="No value of eight bytes or more is common to the two databases",
    ),
    Promise(
        key="anybody-checks",
        say=lambda: _(
            "結果公布後，票匭裡的每張選票是否有權投出、是否未被更動、是否計入，"
            "都可以用公開的投票查核資料檢查；票選結果可以自己重新計算一次。"
        ),
        threats="The result is a function of the public record",
    ),
    Promise(
        key="changes-contradict",
        say=lambda: _("這樣做會和系統簽給投票人的承諾，或和有人在投票期間存下的檢查點互相矛盾。"),
        threats="a checkpoint that somebody kept",
    ),
    Promise(
        key="stuffing-limit",
        say=lambda: _(
            "公開的資料無法單獨證明每張投票券都發給了真的人。"
            "每次發券都留有密封的驗證憑據，查核人員開啟後抽樣向身分驗證的來源查證；"
            "但如果有人替名冊上沒有投票的人捏造發券，這項查證未必看得出來。"
        ),
        threats="This is the limit of public verification",
    ),
    Promise(
        key="count-hidden",
        say=lambda: _(
            "結果審定以前，系統不讓任何人看到得票數：網頁、匯出檔和系統紀錄裡都沒有，只公布投票人數。"
        ),
        threats="cannot see a count before certification",
    ),
    Promise(
        key="count-not-yet",
        say=lambda: _("得票數在審定前不公開，系統裡也看不到。您可以先查核自己的票是否已進入票匭。"),
        threats="cannot see a count before certification",
        stages=EVERY - {Stage.CERTIFIED},
    ),
    Promise(
        key="device-honest",
        say=lambda: _(
            "前提是您的裝置和瀏覽器沒有被動手腳，而且載入的投票程式與公布的核對碼一致。"
            "程式的核對碼寫在定案的規則裡，任何人都可以比對。"
        ),
        threats="Cast-as-intended on a hostile device",
    ),
    Promise(
        key="coercion",
        say=lambda: _(
            "在家投票時，可能有人在旁邊看著您選；結果公布後，也可能有人向您要查核碼，用它看您選了什麼。"
            "您可以選擇不留查核碼。如果您覺得受到壓力，請改到投票櫃檯辦理，並向承辦機關反映。"
        ),
        threats="Resistance to coercion and vote buying",
    ),
    Promise(
        key="network-watcher",
        say=lambda: _(
            "這樣的人可能從連線時間和網路位址推測哪一張密封選票是誰投的。"
            "開票金鑰使用以前讀不到內容；結果公布後就讀得到。"
        ),
        threats="Anonymity against somebody who watches the network",
    ),
    Promise(
        key="small-styles",
        say=lambda: _(
            "匯入名冊的投票，名冊上少於 20 人的投票身分別會由承辦人合併，或在徵件頁面上列名說明；"
            "其他投票事先不知道人數。"
        ),
        threats="Anonymity in tiny styles",
    ),
    Promise(
        key="token-lost",
        say=lambda: _(
            "投票券只存在您領取時的裝置裡。領取後請在同一個裝置上完成投票；清除瀏覽資料就會失去它。"
        ),
        threats="Recovery of a lost token",
    ),
    Promise(
        key="choices-stay",
        say=lambda: _("圈選只保存在您這支手機或這台電腦上；領到投票券之後，才密封送出。"),
        threats="What is kept is kept per device",
    ),
    Promise(
        key="identity-without-choices",
        say=lambda: _("驗證身分時，不會送出您選了什麼。"),
        threats="Sees whom it identifies",
    ),
    Promise(
        key="token-without-choices",
        say=lambda: _(
            "我們知道您領了投票券；發券時不會收到您選了哪些方案，存下來的資料也沒有記載哪一張選票是您的。"
        ),
        threats="No value of eight bytes or more is common to the two databases",
    ),
    Promise(
        key="ballots-public",
        say=lambda: _(
            "所有人看得到密封的選票；結果公布後也看得到每張選票的內容，但沒有姓名。"
            "有您查核碼的人，看得出哪一張是您的"
        ),
        threats="check code and the public record together are the vote",
    ),
    Promise(
        key="account-apart",
        say=lambda: _("這個帳號和您的投票無關：報到領券時不會讀取它，我們無法從帳號得知您是否投過票。"),
        threats="for proposals, not for votes",
    ),
    Promise(
        key="no-deletion",
        say=lambda: _(
            "密封選票無法依個人請求刪除：存下來的資料沒有記載哪一張是您的，而且公開紀錄必須完整才能查核。"
        ),
        threats="No value of eight bytes or more is common to the two databases",
    ),
    Promise(
        key="mail-apart",
        say=lambda: _("投票開始、最後一天和公布結果時寄信給您；寄信與您投了沒有無關。"),
        threats="for proposals, not for votes",
    ),
    Promise(
        key="secrecy-rule",
        say=lambda: _(
            "選票在您的裝置上密封，截止後才開票；結果審定以前，系統不讓任何人看到得票數，只公布投票人數。"
            "結果公布以後，有您查核碼的人讀得到您選了什麼；查核碼可以不留。"
        ),
        threats="check code and the public record together are the vote",
    ),
    Promise(
        key="check-server",
        say=lambda: _(
            "這一頁在您的瀏覽器裡核對整份公開紀錄，不會把查核碼送給伺服器。"
            "瀏覽器沒有開啟 JavaScript 時，伺服器會收到您輸入的查核碼。"
        ),
        threats="sees that somebody looks, not for which ballot",
    ),
)

_BY_KEY: Final = {each.key: each for each in PROMISES}


def promise(key: str) -> str:
    """The sentence in the reader's language. Raises KeyError for an unknown key."""
    return _BY_KEY[key].say()
