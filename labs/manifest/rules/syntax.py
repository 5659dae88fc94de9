"""Rules about the text itself: is it YAML, and does it say what its writer means (L1xx)."""

from __future__ import annotations

from labs.manifest.rules.base import Rule

__all__ = [
    "BadAlias",
    "BadEscape",
    "BadIndentation",
    "ColonInValue",
    "DuplicateKey",
    "ForbiddenCharacter",
    "ItemBesideKey",
    "MissingColon",
    "MissingSpace",
    "NoJsonValue",
    "NotYaml",
    "OpenBracket",
    "OpenQuote",
    "ReservedCharacter",
    "TabIndentation",
    "TextAfterQuote",
    "TooLong",
    "TooMuch",
]


class TabIndentation(Rule):
    """A tab stands where only spaces may

    What: A line is indented with a tab character.
    Why: YAML reads structure from the number of spaces; it refuses tabs because their width is not defined.
    Wrong:
        metadata:
        →name: web
    Right:
        metadata:
          name: web
    """

    code = "L101"
    why = "YAML reads structure from spaces; a tab has no fixed width, so it is refused in indentation."
    next_step = "Put two spaces where the tab is."


class MissingSpace(Rule):
    """No space after the colon

    What: A key and its value are written together, as in `image:python`.
    Why: Without the space YAML reads the whole as one word, because colons are allowed inside words (`python:3.10`).
    Wrong:
        spec:
          restartPolicy:Never
    Right:
        spec:
          restartPolicy: Never
    """

    code = "L102"
    why = "Colons may stand inside words (`python:3.10`), so only a colon followed by a space separates key and value."
    next_step = "Put a space after the colon."


class OpenQuote(Rule):
    """A quotation mark is never closed

    What: A text begins with a quotation mark, and the same mark is missing at its end.
    Why: YAML takes everything up to the next such mark as text, the following lines included.
    Wrong:
        name: "web
        image: python
    Right:
        name: "web"
        image: python
    """

    code = "L103"
    why = "Everything up to the next such mark counts as text, the following lines included."
    next_step = "Close it with the same mark at the end of the text."


class BadIndentation(Rule):
    """A line is indented differently from its neighbours

    What: The line begins at a column where no other field of the same object begins.
    Why: Fields that belong together start in the same column; one step to the right means "inside of".
    Wrong:
        metadata:
          name: web
         labels:
            app: web
    Right:
        metadata:
          name: web
          labels:
            app: web
    """

    code = "L105"
    why = "Fields that belong together start in the same column; one step to the right means “inside of”."
    next_step = "Give the line the same number of spaces as the fields it belongs to."


class OpenBracket(Rule):
    """A bracket is never closed, or closed without being opened

    What: A `[` or `{` has no partner, or a comma is missing between two items.
    Why: Inside brackets line breaks and indentation do not count; only the closing bracket ends the list.
    Wrong:
        command: ["python", "train.py"
    Right:
        command: ["python", "train.py"]
    """

    code = "L106"
    why = "Inside brackets line breaks do not count: only commas separate items and only the closing bracket ends them."
    next_step = "Put the missing comma or bracket."


class ReservedCharacter(Rule):
    """A value begins with a character that YAML keeps for itself

    What: A value begins with `@`, a back-tick or `%`.
    Why: These characters are reserved in YAML and cannot begin a text without quotation marks.
    Wrong:
        message: @home
    Right:
        message: "@home"
    """

    code = "L107"
    why = "YAML reserves this character; a text may begin with it only inside quotation marks."
    next_step = "Put the value into quotation marks."


class ColonInValue(Rule):
    """A value contains a colon followed by a space

    What: One line holds two `key: value` separators.
    Why: YAML would have to begin an object in the middle of the line, which it does not do.
    Wrong:
        description: note: first try
    Right:
        description: "note: first try"
    """

    code = "L108"
    why = "A colon followed by a space means “key and value”, and a line can hold only one such pair."
    next_step = "Put the value into quotation marks, or the second pair on a line of its own."


class DuplicateKey(Rule):
    """The same field is written twice

    What: An object has two fields of the same name.
    Why: Only the last one would count; the first would be lost without a word.
    Wrong:
        spec:
          replicas: 1
          replicas: 3
    Right:
        spec:
          replicas: 3
    """

    code = "L109"
    why = "Only the last one would count, and the first would be lost without a word."
    next_step = "Keep one of the two."


class ForbiddenCharacter(Rule):
    """An invisible character that YAML forbids

    What: The text contains a control character, half of an emoji, or another character that is no text.
    Why: YAML allows printable characters, tabs and line breaks only. Such characters come with a paste.
    Wrong:
        name: we␀b
    Right:
        name: web
    """

    code = "L110"
    why = "YAML allows printable characters and line breaks only; such a character usually comes with a paste."
    next_step = "Delete it."


class TooLong(Rule):
    """The text is too long for a manifest

    What: The text has more than 262,144 characters.
    Why: A manifest is a page or two. Data of this size belongs on a volume or into an image; the API server itself
    refuses objects above 1.5 MB.
    Wrong:
        a data set pasted into a ConfigMap
    Right:
        a ConfigMap that names where the data set is
    """

    code = "L111"
    why = "A manifest is a page or two; data of this size belongs on a volume or into an image."
    next_step = "Undo the paste, or keep only the manifest."


class BadAlias(Rule):
    """An alias that stands for nothing

    What: A `*name` refers to no `&name` above it, or to the object it stands in. So does a text that begins with `*`.
    Why: In YAML `&name` marks a value and `*name` repeats it.
    Wrong:
        schedule: * * * * *
    Right:
        schedule: "* * * * *"
    """

    code = "L112"
    why = "In YAML `*name` repeats a value that was marked with `&name` above it."
    next_step = "If you mean a text that begins with a star, put it into quotation marks."


class TooMuch(Rule):
    """Nested too deeply, or grown too large by aliases

    What: Objects are nested more than 100 deep, or aliases expand to more than 100,000 values.
    Why: A few lines of aliases that repeat each other can describe billions of values; no manifest needs that.
    Wrong:
        a: &a [x, x, x, x, x, x, x, x, x]
        b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
        c: [*b, *b, *b, *b, *b, *b, *b, *b, *b]
    Right:
        a: [x, x, x]
    """

    code = "L113"
    why = "A few lines that repeat each other can describe billions of values; reading them would stop the notebook."
    next_step = "Write the values out, without nesting them so deeply."


class BadEscape(Rule):
    r"""An unknown escape in double quotation marks

    What: A text in double quotation marks contains a backslash followed by a character that means nothing there.
    Why: In double quotation marks a backslash begins an escape such as `\n`. In single ones it is ordinary.
    Wrong:
        pattern: "\d+"
    Right:
        pattern: '\d+'
    """

    code = "L114"
    why = "In double quotation marks a backslash begins an escape such as `\\n`; in single ones it is ordinary."
    next_step = "Use single quotation marks, or write the backslash twice."


class NoJsonValue(Rule):
    """A value or key that Kubernetes cannot be sent

    What: An infinity, a NaN, a value that is not what its `!!tag` says, or a key that is no text.
    Why: The API server speaks JSON; kubectl refuses what JSON cannot say.
    Wrong:
        threshold: .inf
    Right:
        threshold: "inf"
    """

    code = "L115"
    why = "The API server speaks JSON, and kubectl refuses what JSON cannot say."
    next_step = "If you mean text, put it into quotation marks."


class ItemBesideKey(Rule):
    """A list begins on the line of its key

    What: A `- ` follows a key on the same line.
    Why: Items of a list stand on lines of their own, below the key.
    Wrong:
        args: - train.py
    Right:
        args:
          - train.py
    """

    code = "L116"
    why = "The items of a list stand on lines of their own, below the key."
    next_step = "Move the item to the next line, or write the list in brackets: [a, b]."


class MissingColon(Rule):
    """A key without a colon

    What: A line holds a word where a `key: value` is expected.
    Why: Only the colon makes a word a field.
    Wrong:
        metadata
          name: web
    Right:
        metadata:
          name: web
    """

    code = "L117"
    why = "Only a colon makes a word the name of a field."
    next_step = "Put a colon after the word."


class TextAfterQuote(Rule):
    """Something follows a closing quotation mark

    What: A value ends with a quotation mark, and more text follows on the line.
    Why: A value that begins with a quotation mark ends with the next one.
    Wrong:
        message: "Hello" from K8s
    Right:
        message: "Hello from K8s"
    """

    code = "L118"
    why = "A value that begins with a quotation mark ends with the next one; nothing but a comment may follow."
    next_step = "Put the whole value into quotation marks; inside '…' write '' for a quotation mark."


class NotYaml(Rule):
    """The text is not YAML for another reason

    What: The YAML reader stopped here, and no rule of ours knows the case.
    Why: See the reader's own words in the message.
    Wrong:
        %YAML 9.9
    Right:
        apiVersion: v1
    """

    code = "L119"
    why = "The YAML reader cannot go on at this place."
    next_step = "Compare the line with the lines around it."
