"""What can be wrong with something typed. Facts hold at most a few letters of it."""

from __future__ import annotations

from pbvote.core.errors import InvalidInput


class NotADate(InvalidInput):
    """No date that there is, or two that contradict each other (facts ``field``, ``value``)."""

    code = "typed.not-a-date"


class NotAMoment(InvalidInput):
    """No date with a time of day (facts ``field``, ``value``)."""

    code = "typed.not-a-moment"


class BirthDateInvalid(InvalidInput):
    """Not the date of birth of anybody who lives (fact ``field``)."""

    code = "typed.birth-date"


class DateOutOfRange(InvalidInput):
    """A date outside what makes sense here (facts ``field``, ``value``, ``first``, ``last``)."""

    code = "typed.date-out-of-range"


class NotANumber(InvalidInput):
    """Not a whole number, zero or above (facts ``field``, ``value``)."""

    code = "typed.not-a-number"


class NotMoney(InvalidInput):
    """Not an amount of whole NT$, zero or above (facts ``field``, ``value``)."""

    code = "typed.not-money"


class NotAPercentage(InvalidInput):
    """Not a percentage from 0 to 100 with at most two decimals (facts ``field``, ``value``)."""

    code = "typed.not-a-percentage"


class NeitherYesNorNo(InvalidInput):
    """Neither a known word for yes nor one for no (facts ``field``, ``value``)."""

    code = "typed.neither-yes-nor-no"


class NotAnAddress(InvalidInput):
    """Not a mail address (fact ``field``)."""

    code = "typed.not-an-address"


class NotATelephone(InvalidInput):
    """Not a telephone number, with or without an extension (facts ``field``, ``value``)."""

    code = "typed.not-a-telephone"


class TextMissing(InvalidInput):
    """A text that is needed has no visible character (fact ``field``)."""

    code = "typed.text-missing"


class TextTooLong(InvalidInput):
    """More characters than fit (facts ``field``, ``most``, ``length``)."""

    code = "typed.text-too-long"


class TextTurned(InvalidInput):
    """Characters that show others in another order (facts ``field``, ``controls``: their numbers)."""

    code = "typed.text-turned"


class RowsTooMany(InvalidInput):
    """A form with more rows than it takes (facts ``field``, ``most``, ``count``)."""

    code = "typed.rows-too-many"


class ColumnNameless(InvalidInput):
    """Something stands in a column without a heading (facts ``field``, ``line``, ``cell``)."""

    code = "typed.column-nameless"


class CellInError(InvalidInput):
    """A cell shows a spreadsheet's error, or a formula nobody worked out (``field``, ``line``, ``cell``)."""

    code = "typed.cell-in-error"


class FileUnreadable(InvalidInput):
    """Neither text in a known encoding nor a spreadsheet (fact ``field``)."""

    code = "typed.file-unreadable"


class FileLocked(InvalidInput):
    """A spreadsheet that only opens with a password (fact ``field``)."""

    code = "typed.file-locked"


class FileTooLarge(InvalidInput):
    """A file that is larger than a table can be, or unpacks to more (fact ``field``)."""

    code = "typed.file-too-large"


class TableEmpty(InvalidInput):
    """A table without a line below its headings (fact ``field``)."""

    code = "typed.table-empty"


class TableTooLong(InvalidInput):
    """A table of too many lines (facts ``field``, ``most``)."""

    code = "typed.table-too-long"


class SheetsTwo(InvalidInput):
    """Two sheets of a workbook hold such a table (facts ``field``, ``first``, ``second``)."""

    code = "typed.sheets-two"


class QuoteOpen(InvalidInput):
    """A quotation mark without its other half (facts ``field``, ``line``)."""

    code = "typed.quote-open"


class ColumnsMissing(InvalidInput):
    """Columns that are needed have no heading (facts ``field``, ``columns``)."""

    code = "typed.columns-missing"


class ColumnUnknown(InvalidInput):
    """A heading that is none of the table's (facts ``field``, ``line``, ``cell``, ``column``)."""

    code = "typed.column-unknown"


class ColumnTwice(InvalidInput):
    """Two columns for one thing (facts ``field``, ``line``, ``first``, ``second``)."""

    code = "typed.column-twice"


class CellCount(InvalidInput):
    """A line with another number of cells than the headings (facts ``line``, ``expected``, ``found``)."""

    code = "typed.cell-count"


class LettersLost(InvalidInput):
    """A ``?`` or U+FFFD in the place of a letter that was lost (facts ``line``, ``cell``, ``value``)."""

    code = "typed.letters-lost"


class NotAMobile(InvalidInput):
    """Not a mobile number of Taiwan (fact ``field``)."""

    code = "typed.not-a-mobile"


class PdfUnreadable(InvalidInput):
    """No PDF, or one that cannot be read (fact ``field``)."""

    code = "typed.pdf-unreadable"


class PdfLocked(InvalidInput):
    """A PDF that only opens with a password (fact ``field``)."""

    code = "typed.pdf-locked"


class PdfLong(InvalidInput):
    """A PDF with more pages than are taken, or with too much in it to read (facts ``field``, ``most``)."""

    code = "typed.pdf-long"


class PdfActive(InvalidInput):
    """A PDF that holds programs, a form to fill in, or other files (fact ``field``)."""

    code = "typed.pdf-active"
