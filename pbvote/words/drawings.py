"""Which drawing stands for a category of proposals: by its words, and the same for all that belong to it.

The drawings are symbols of ``static/art.svg``, of one size and style. A proposal without a picture shows its
category's drawing; in a call without categories, the words of its title choose.
"""

from __future__ import annotations

from typing import Final

from pbvote.core.letters import folded
from pbvote.core.rules.intake import Intake

COMMON: Final = "hall"
"""What stands for a category that no word tells apart, and for none."""

_WORDS: Final = {
    "street": "行人 人行 交通 道路 通學 路口 巷 停車 自行車 單車 street road traffic walk pedestrian cycl",
    "play": "兒童 孩 親子 幼 遊戲 遊樂 青少年 child play famil youth",
    "elders": "長者 樂齡 高齡 老人 照顧 照護 社福 福利 關懷 無障礙 elder senior care welfare access",
    "sports": "運動 體育 球 健身 健康 sport health fitness",
    "market": "市場 商圈 經濟 產業 觀光 旅遊 農 漁 market business econom touris farm",
    "coast": "海 河 溪 水岸 港 防洪 排水 coast river water harbour harbor flood",
    "energy": "能源 節能 太陽 環保 環境 永續 減碳 氣候 energy solar climate sustainab environment",
    "digital": "數位 資訊 科技 網路 智慧 digital tech internet smart",
    "library": "圖書 閱讀 書 教育 學校 library librar book school education",
    "culture": "文化 藝術 歷史 古蹟 宗教 廟 節慶 culture art histor heritage festival",
    "park": "公園 綠 樹 步道 植 生態 自然 花園 park green tree natur garden trail",
}

_FOLDED: Final = {symbol: [folded(word) for word in words.split()] for symbol, words in _WORDS.items()}


def drawing(intake: Intake, category_id: str, title: str) -> str:
    """The symbol for a proposal: its category's, by the Chinese name first; ``hall`` where none tells."""
    named = next((each for each in intake.categories if each.id == category_id), None)
    for name in (named.name, named.name_en) if named else (title,):
        found = _of(folded(name))
        if found != COMMON:
            return found
    return COMMON


def _of(name: str) -> str:
    return next((symbol for symbol, words in _FOLDED.items() if any(word in name for word in words)), COMMON)
