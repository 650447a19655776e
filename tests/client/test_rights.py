"""What a rules review means; the rules of rbac/v1/evaluation_helpers.go."""

import pytest

from kt_jupyter.kube import CLAIMS, JOBS, PODS, Rights
from tests.client.scripted import Answer


def rule(verbs, groups, resources, names=None):
    return {"verbs": verbs, "apiGroups": groups, "resources": resources, **({"resourceNames": names} if names else {})}


@pytest.mark.parametrize(
    ("rules", "question", "allowed"),
    [
        pytest.param([], ("get", PODS), False, id="no rule"),
        pytest.param([rule(["get"], [""], ["pods"])], ("get", PODS), True, id="the very one"),
        pytest.param([rule(["get"], [""], ["pods"])], ("list", PODS), False, id="another verb"),
        pytest.param([rule(["get"], [""], ["pods"])], ("get", CLAIMS), False, id="another kind"),
        pytest.param([rule(["get"], [""], ["jobs"])], ("get", JOBS), False, id="another group"),
        pytest.param([rule(["*"], ["*"], ["*"])], ("delete", JOBS), True, id="everything"),
        pytest.param([rule(["*"], ["*"], ["*"])], ("create", PODS, "exec"), True, id="everything, subresources too"),
        pytest.param([rule(["create"], [""], ["pods"])], ("create", PODS, "exec"), False, id="not its subresource"),
        pytest.param([rule(["create"], [""], ["pods/exec"])], ("create", PODS, "exec"), True, id="a subresource"),
        pytest.param([rule(["create"], [""], ["pods/exec"])], ("create", PODS), False, id="only a subresource"),
        pytest.param([rule(["create"], [""], ["*/exec"])], ("create", PODS, "exec"), True, id="of all kinds"),
        pytest.param([rule(["get"], [""], ["pods"], ["one"])], ("get", PODS), False, id="one object only"),
        pytest.param([{"verbs": None, "apiGroups": None}], ("get", PODS), False, id="nulls, as Go sends them"),
    ],
)
def test_a_right_is_there_when_a_rule_grants_it_for_every_name(rules, question, allowed):
    assert Rights("n", rules).allows(*question) is allowed


def test_rules_that_may_be_missing_prove_nothing():
    assert Rights("n", [], incomplete=True).allows("get", PODS)


def test_one_request_asks_for_all(server, configured):
    review = {"status": {"resourceRules": [rule(["get"], [""], ["pods"])], "incomplete": False}}
    server.answer = lambda _: Answer(review, status=201)
    rights = configured().rights("team-a")
    assert rights.allows("get", PODS)
    assert server.requests[0].path == "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
    assert server.requests[0].json["spec"] == {"namespace": "team-a"}
