"""Why an operation did not happen."""


class Refused(Exception):
    """The reason is the message."""


def refuse_if(condition, reason):
    if condition:
        raise Refused(reason)
