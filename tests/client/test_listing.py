"""Lists in pages."""

from kt_jupyter.kube import ALL_NAMESPACES, CLAIMS
from tests.client.scripted import Answer, failure


def item(number):
    return {"metadata": {"name": f"claim-{number}", "namespace": "a", "resourceVersion": str(number)}}


class Paging:
    """An API server with so many claims, whose page tokens expire as told."""

    def __init__(self, count, expire=0):
        self.count, self.expire = count, expire

    def __call__(self, seen):
        start = int(seen.query.get("continue", 0))
        if start and self.expire:
            self.expire -= 1
            return failure(410, "Expired", "The provided continue parameter is too old")
        end = min(start + int(seen.query.get("limit", self.count)), self.count)
        token = {"continue": str(end)} if end < self.count else {}
        return Answer(
            {"items": [item(number) for number in range(start, end)], "metadata": {"resourceVersion": "9", **token}}
        )


def names(cluster):
    return [found["metadata"]["name"] for found in cluster.list(CLAIMS, namespace=ALL_NAMESPACES, label_selector="a=b")]


def test_a_long_list_comes_in_pages_of_500(server, configured):
    server.answer = Paging(1201)
    assert names(configured()) == [f"claim-{number}" for number in range(1201)]
    assert [seen.query for seen in server.requests] == [
        {"labelSelector": "a=b", "limit": "500"},
        {"labelSelector": "a=b", "limit": "500", "continue": "500"},
        {"labelSelector": "a=b", "limit": "500", "continue": "1000"},
    ]
    assert server.requests[0].path == "/api/v1/persistentvolumeclaims"


def test_a_list_whose_token_expires_is_begun_again_and_nothing_is_lost_or_repeated(server, configured):
    server.answer = Paging(1201, expire=3)
    assert names(configured()) == [f"claim-{number}" for number in range(1201)]
    assert "limit" not in server.requests[-1].query


def test_a_list_without_items_may_be_null(server, configured):
    server.answer = lambda _: Answer({"items": None, "metadata": {}})
    assert names(configured()) == []


def test_each_item_says_what_it_is(server, configured):
    server.answer = Paging(1)
    assert configured().list(CLAIMS)[0]["kind"] == "PersistentVolumeClaim"
