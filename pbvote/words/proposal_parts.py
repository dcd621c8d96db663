"""What the parts and fields of a proposal are called."""

from __future__ import annotations

from pbvote.words.catalogue import gettext as _


def part_titles() -> dict[str, str]:
    """The parts of a proposal by name, in the order in which most people write them."""
    return {
        "idea": _("您的想法"),
        "place": _("地點與分區"),
        "cost": _("經費"),
        "pictures": _("圖片"),
        "documents": _("文件"),
        "people": _("姓名與共同提案人"),
    }


def field_labels() -> dict[str, str]:
    """What the form calls each field, for the list of findings at its top."""
    return {
        "title": _("提案名稱"),
        "summary": _("摘要"),
        "category": _("類別"),
        "description_md": _("提案內容"),
        "district": _("分區"),
        "place": _("地點"),
        "latitude": _("在地圖上的位置"),
        "cost_twd": _("經費"),
        "pictures": _("圖片"),
        "documents": _("文件"),
        "guardian_how": _("法定代理人的同意"),
        "guardian_name": _("法定代理人的姓名"),
        "guardian_contact": _("怎麼聯絡代理人"),
        "email": _("共同提案人的電子郵件"),
    }
