"""`/api/v1/categories`: the labels of an account's videos, a tree of two levels."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response

from vodpull.api.http.context import ApiContext
from vodpull.api.http.keys.authenticate_before_body import known_first
from vodpull.api.v1.caller_and_query import PROBLEMS, Caller, Callers
from vodpull.api.v1.idempotency_keys import IdempotencyKey, IdempotentCalls, asked_for
from vodpull.api.v1.videos.shapes import MAX_NODE_ID, CategoryList, CategoryReply, NewCategory
from vodpull.api.v1.videos.views import category_reply
from vodpull.errors import NotFound

NodeId = Annotated[int, Path(ge=1, le=MAX_NODE_ID, description="`node_id` of a category.")]


def categories_router(context: ApiContext) -> APIRouter:
    """Return the routes; every one needs a signed request or `Bearer <accessKey>.<secretKey>`."""
    router = APIRouter(
        prefix="/api/v1/categories", tags=["categories"], responses=PROBLEMS, route_class=known_first(context.access)
    )
    callers, makers = Callers(context), IdempotentCalls(context)
    caller_of = callers.caller

    @router.get("", operation_id="listCategories")
    def list_categories(caller: Caller = Depends(caller_of)) -> CategoryList:
        """List all categories, by id."""
        return CategoryList(
            categories=[category_reply(each) for each in context.categories.tree(caller.key.account_id)]
        )

    @router.post("", status_code=201, operation_id="createCategory")
    def create_category(
        body: NewCategory, caller: Caller = Depends(callers.creator), idempotency_key: IdempotencyKey = ""
    ) -> CategoryReply:
        """
        Make a category of the first level, or below one of it.

        With the same `Idempotency-Key` again, the first answer.
        """

        def create() -> CategoryReply:
            try:
                made = context.categories.create(caller.key.account_id, body.name, parent_id=body.parent_id)
            except NotFound as error:
                raise NotFound("there is no such category", field="parent_id") from error
            return category_reply(made)

        asked = asked_for("/categories", body)
        return makers.make(CategoryReply, create, caller, key=idempotency_key, asked=asked)

    @router.delete("/{node_id}", status_code=204, operation_id="deleteCategory")
    def delete_category(node_id: NodeId, caller: Caller = Depends(caller_of)) -> Response:
        """Delete a category and those below it; videos lose the label and stay."""
        context.categories.delete(caller.key.account_id, node_id)
        return Response(status_code=204)

    return router
