"""What can go wrong with keys, tokens, seals and signatures."""

from __future__ import annotations

from pbvote.core.errors import InvalidInput, ServiceUnavailable, VerificationError


class KeyUnfit(VerificationError):
    """The key is not of the kind or strength that the protocol uses (facts: reason)."""

    code = "key.unfit"


class BlindedMessageUnfit(InvalidInput):
    """What should be signed blindly has the wrong length or is out of range (facts: field)."""

    code = "token.blinded-unfit"


class BlindingFailed(VerificationError):
    """The message cannot be blinded under this key; happens to nobody by chance."""

    code = "token.blinding-failed"


class SigningFault(ServiceUnavailable):
    """The signer's own check failed, so nothing was released: a fault of the machine."""

    code = "token.signing-fault"


class TokenInvalid(VerificationError):
    """The ballot token was not issued for this credential, style and election."""

    code = "token.invalid"


class SealBroken(VerificationError):
    """The sealed bytes do not open: other key, other purpose, or altered."""

    code = "seal.broken"


class SignatureBad(VerificationError):
    """The signature does not belong to this message and key."""

    code = "signature.bad"


class SignatureHighS(VerificationError):
    """The signature is in its second, malleable form; only the low form is accepted."""

    code = "signature.high-s"


class KeyFileDamaged(VerificationError):
    """The file is not a key file, or not a complete one."""

    code = "keyfile.damaged"


class KeyFileOtherPurpose(VerificationError):
    """The key file holds a key for something else (facts: expected, found)."""

    code = "keyfile.other-purpose"


class PassphraseWrong(VerificationError):
    """The passphrase does not open the key file (an altered file looks the same)."""

    code = "keyfile.passphrase-wrong"
