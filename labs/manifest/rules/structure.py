"""Rules about what Kubernetes objects are made of (L2xx; a misspelt field is L104, a matter of spelling)."""

from __future__ import annotations

from labs.manifest.rules.base import Rule

__all__ = [
    "BadName",
    "BadQuantity",
    "EmptyText",
    "MissingBasics",
    "MissingField",
    "NotAnObject",
    "UnknownField",
    "UnknownKind",
    "UnknownValue",
    "WrongType",
]


class UnknownField(Rule):
    """An object has no field of this name

    What: A field is misspelt, or stands in an object to which it does not belong.
    Why: The API server knows every field of every object and refuses the others, so that no wish is silently ignored.
    Wrong:
        containers:
          - name: web
            comand: ["python"]
    Right:
        containers:
          - name: web
            command: ["python"]
    """

    code = "L104"
    why = "The API server knows every field of every object and refuses the others."


class MissingBasics(Rule):
    """apiVersion, kind or metadata.name is missing

    What: One of the three fields that every manifest has is missing or empty.
    Why: `apiVersion` and `kind` say what is wished for, and the name tells one object from the next.
    Wrong:
        kind: Pod
        metadata: {}
    Right:
        apiVersion: v1
        kind: Pod
        metadata:
          name: web
    """

    code = "L201"
    why = "Every manifest says what it wishes for (`apiVersion`, `kind`) and how it is called (`metadata.name`)."
    next_step = "Add the field."


class UnknownKind(Rule):
    """The cluster knows no such kind

    What: `kind` is misspelt, or belongs to another `apiVersion`.
    Why: Kinds are grouped: a Pod belongs to `v1`, a Deployment to `apps/v1`. The pair must be one the cluster serves.
    Wrong:
        apiVersion: v1
        kind: Deployment
    Right:
        apiVersion: apps/v1
        kind: Deployment
    """

    code = "L202"
    why = "Kinds are grouped: a Pod belongs to `v1`, a Deployment to `apps/v1`; the cluster must serve the pair."


class WrongType(Rule):
    """A value is of another type than the field

    What: Text stands where a number belongs, a mapping where a list belongs, and so on.
    Why: Quotation marks make text, bare digits make a number, `- ` makes a list; the API server converts nothing.
    Wrong:
        replicas: "3"
    Right:
        replicas: 3
    """

    code = "L203"
    why = "Quotation marks make text, bare digits a number, `- ` a list; the API server converts nothing."


class MissingField(Rule):
    """A field that must be there is missing

    What: An object lacks a field without which the API server refuses it.
    Why: There is no sensible default, for example for the name of a container.
    Wrong:
        containers:
          - image: python
    Right:
        containers:
          - name: web
            image: python
    """

    code = "L204"
    why = "There is no default for it, so the API server refuses the object without it."
    next_step = "Add the field."


class UnknownValue(Rule):
    """The value is none of those the field accepts

    What: A field takes one of a few words, spelt exactly so, and this is none of them.
    Why: Upper and lower case count.
    Wrong:
        restartPolicy: never
    Right:
        restartPolicy: Never
    """

    code = "L205"
    why = "The field takes one of a few words; upper and lower case count."


class BadName(Rule):
    """A name with characters that Kubernetes does not allow

    What: `metadata.name` has capitals, underscores, spaces, or begins or ends with a dash.
    Why: Names become part of host names, so they follow the rules of host names.
    Wrong:
        name: My_Model
    Right:
        name: my-model
    """

    code = "L206"
    why = "Names become part of host names, so only lower-case letters, digits, dashes and dots may stand in them."
    next_step = "Write it in lower case with dashes, beginning and ending with a letter or digit."


class NotAnObject(Rule):
    """The text is YAML, but no object

    What: The text is a list or a single word, not `key: value` pairs.
    Why: A manifest is one object: its fields begin in the first column.
    Wrong:
        - apiVersion: v1
    Right:
        apiVersion: v1
        kind: Pod
    """

    code = "L207"
    why = "A manifest is one object: pairs of `key: value`, the first ones being `apiVersion` and `kind`."
    next_step = "Begin with `apiVersion:` in the first column."


class BadQuantity(Rule):
    """An amount that Kubernetes cannot read

    What: An amount of memory or CPU is no number with one of Kubernetes' suffixes.
    Why: `m` is a thousandth, `k M G` are powers of 1000, `Ki Mi Gi` are powers of 1024; there is no `MB` and no `GB`.
    Wrong:
        memory: 400MB
    Right:
        memory: 400Mi
    """

    code = "L208"
    why = "An amount is a number with a suffix: `m` a thousandth, `k M G` powers of 1000, `Ki Mi Gi` powers of 1024."


class EmptyText(Rule):
    """There is nothing here yet

    What: The text is empty or holds only comments.
    Why: Without an object there is nothing to apply.
    Wrong:
        # my Pod
    Right:
        apiVersion: v1
        kind: Pod
    """

    code = "L209"
    severity = "info"
    why = "Without an object there is nothing to apply."
    next_step = "Begin with `apiVersion:`, or use the form."
