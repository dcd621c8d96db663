"""A personal-data notice to start from (個資法 art. 8, PRA-17): true of this service, to be adapted.

Marked for the catalogues, so that its translations can be offered where an agency has kept it as it is.
"""

from __future__ import annotations

from pbvote.typed.texts import N_

SUGGESTED = {
    "purpose": N_(
        "辦理本次參與式預算投票的人別驗證與投票資格審查，確認每人只投一次，並供查核人員查驗投票程序。"
    ),
    "categories": N_(
        "國民身分證統一編號或居留證號碼、出生日期，以及投票資格（設籍、居住、就業或就學的區域）。"
        "您投給哪些方案，不會與這些資料存放在一起。"
    ),
    "period": N_("自蒐集日起，至申訴及救濟期間屆滿並完成銷毀程序為止。"),
    "area": N_("中華民國境內。"),
    "recipients": N_("本機關承辦人員、查核人員，以及受本機關委託維運本系統並負保密義務的廠商。"),
    "manner": N_(
        "以電子方式比對身分後，只保存以金鑰計算的投票人代碼（仍屬個人資料），不保存證號原文；"
        "驗證憑據加密保存，僅查核人員得於查核時開啟。"
    ),
    "rights": N_(
        "您可依個人資料保護法第3條，向本機關查詢或請求閱覽、請求製給複製本、請求補充或更正、"
        "請求停止蒐集、處理或利用，及請求刪除。請洽本頁所列的服務窗口。"
    ),
    "effect": N_("您可以自由選擇是否提供。不提供時無法完成驗證，也就不能參加本次投票，其他權益不受影響。"),
}
