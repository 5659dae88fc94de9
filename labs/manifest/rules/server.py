"""Rules for the API server's answers: its words, put at the line they are about (L4xx)."""

from __future__ import annotations

from labs.manifest.rules.base import Rule

__all__ = [
    "AlreadyThere",
    "Forbidden",
    "Immutable",
    "NotThere",
    "OwnedByAnother",
    "RefusedValue",
    "ServerWarning",
    "ServerWords",
    "UndeclaredField",
    "UnreadableValue",
    "WrongPlace",
]


class RefusedValue(Rule):
    """The API server refuses a value

    What: The object can be read, but a field has a value that the API server does not accept.
    Why: The API server checks every object before it keeps it; its reason is in the message.
    Wrong:
        ports:
          - containerPort: 70000
    Right:
        ports:
          - containerPort: 5000
    """

    code = "L401"
    why = "The API server checks every object before it keeps it."


class UndeclaredField(Rule):
    """The API server knows no such field

    What: The API server found a field that this kind does not have.
    Why: It knows every field of every object and refuses the others, so that no wish is silently ignored.
    Wrong:
        containers:
          - name: web
            requests: {memory: 400Mi}
    Right:
        containers:
          - name: web
            resources:
              requests: {memory: 400Mi}
    """

    code = "L402"
    why = "The API server knows every field of every object and refuses the others."
    next_step = "Look for its right name or place: `kubectl explain` lists the fields of every object."


class UnreadableValue(Rule):
    """The API server expects another type

    What: The API server could not read a value, because it is text instead of a number, or a mapping instead of a list.
    Why: Quotation marks make text, bare digits a number, `- ` a list; the API server converts nothing.
    Wrong:
        replicas: "3"
    Right:
        replicas: 3
    """

    code = "L403"
    why = "Quotation marks make text, bare digits a number, `- ` a list; the API server converts nothing."


class NotThere(Rule):
    """The cluster has no such kind or namespace

    What: The API server does not serve this kind in this version, or the namespace does not exist.
    Why: The manifest names something that must be in the cluster first.
    Wrong:
        apiVersion: apps/v2
    Right:
        apiVersion: apps/v1
    """

    code = "L404"
    why = "The manifest names something that is not in the cluster."
    next_step = "Compare `apiVersion` and `kind` with the lesson; if a namespace is missing, start the exercise again."


class Immutable(Rule):
    """This cannot change on a living object

    What: The object exists, and the change concerns a field that is fixed for its whole life.
    Why: Some fields decide how an object was made: a Pod's command, a Deployment's selector, a Job's template.
    Wrong:
        restartPolicy: Never   # on a Pod that was created with Always
    Right:
        delete the Pod and create it again
    """

    code = "L405"
    why = "It decided how the object was made, and is fixed for the object's whole life."
    next_step = "Delete the object and create it again, or undo the change."


class OwnedByAnother(Rule):
    """Another writer owns this field

    What: The field was last set by another program or person.
    Why: The API server remembers who set which field, so that two writers do not undo each other's work unseen.
    Wrong:
        replicas: 5   # while an autoscaler sets it
    Right:
        leave the field out, or take it over on purpose
    """

    code = "L406"
    why = "The API server remembers who set which field, so that two writers do not undo each other's work unseen."
    next_step = "Leave the field out, or take it over on purpose."


class Forbidden(Rule):
    """The cluster's rules forbid it

    What: A quota, a security rule or missing rights stop the request. The message is the cluster's own.
    Why: Whoever runs a cluster limits what may be made in it.
    Wrong:
        a third Pod in a namespace whose quota is two
    Right:
        delete a Pod first
    """

    code = "L407"
    why = "Whoever runs a cluster limits what may be made in it; these are the cluster's own words."


class ServerWarning(Rule):
    """The API server accepts it, with a warning

    What: The API server sent a warning with its answer.
    Why: It accepted the object, but something in it is outdated, ignored or risky.
    Wrong:
        apiVersion: v1
        kind: Endpoints
    Right:
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
    """

    code = "L408"
    severity = "warning"
    why = "The API server accepted it, but something in it is outdated, ignored or risky."


class AlreadyThere(Rule):
    """An object of this name exists already

    What: `create` found an object of the same kind and name in the namespace.
    Why: A name is unique for its kind and namespace.
    Wrong:
        kubectl create, twice
    Right:
        kubectl apply, as often as you like
    """

    code = "L409"
    why = "A name is unique for its kind and namespace."
    next_step = "Apply the manifest instead of creating it, or choose another name."


class WrongPlace(Rule):
    """The object and the request name different places

    What: `metadata.namespace` or `metadata.name` is not the one of the request.
    Why: The request goes to one namespace and one name; the object may not contradict it.
    Wrong:
        namespace: default
    Right:
        leave `namespace` out
    """

    code = "L410"
    why = "The request goes to one namespace and one name, and the object may not contradict it."
    next_step = "Delete the line: without it the object goes where the request goes."


class ServerWords(Rule):
    """The API server's own words

    What: The API server refused the request for a reason that no rule of ours knows.
    Why: Its message is shown as it came.
    Wrong:
        whatever the message is about
    Right:
        see the message
    """

    code = "L499"
    why = "These are the API server's own words."
