"""Every call about materials and sound, as the vectors have it, on a service with a real database."""

from __future__ import annotations

from typing import Any

import pytest
from tests.materials import AUDIO, MATERIAL, another_material, stored_material
from tests.videos import another_video, stored_video
from tests.wire import Wire
from tests.wire_vectors import CALLS, as_sent, of_vector

from vodpull.materials.material import Material
from vodpull.materials.materials import Materials, use_materials

DONE = {"code": 200, "message": "Operation succeeded"}
MATERIALS, SOUNDS = "/vod/material", "/vod/audioManage"
MATERIAL_ID, AUDIO_ID = MATERIAL.material_id, AUDIO.material_id


@pytest.fixture(autouse=True)
def kept(wire: Wire) -> Material:
    """Give the materials of the vectors, besides one whose name does not fit and two of a stranger."""
    english = {"material_id": "0aa00000000000000000000000000003", "name": "英文字幕", "suffix": "srt"}
    earlier = {"created_at_ms": 1_699_999_940_000, "uploaded_at_ms": 1_699_999_940_000}
    stored_material(wire.database, wire.key, another_material(), **english | earlier, size_bytes=1600)
    stored_material(wire.database, wire.key, another_material(name="logo", suffix="png"))
    stored_material(wire.database, wire.key, AUDIO)
    stranger = wire.accounts.create_key("stranger")
    stored_material(wire.database, stranger, another_material())
    stored_material(wire.database, stranger, AUDIO, material_id="0bb00000000000000000000000000009")
    return stored_material(wire.database, wire.key)


LISTS = ("getMaterialList", "getAudioList")


@pytest.mark.parametrize(("call", "request_"), [entry for call in LISTS for entry in of_vector(call)])
def test_every_form_of_a_list_gets_the_answer_of_the_vector(wire: Wire, call: str, request_: dict[str, str]) -> None:
    assert wire.send(as_sent(call, request_)) == CALLS[call]["reply_success"]["body"] | DONE


CHANGES = {"materialEdit": (MATERIAL_ID, "新名字"), "editAudio": (AUDIO_ID, "新曲名")}


@pytest.mark.parametrize(("call", "request_"), [entry for call in CHANGES for entry in of_vector(call)])
def test_a_material_is_edited(wire: Wire, call: str, request_: dict[str, str]) -> None:
    assert wire.send(as_sent(call, request_)) == DONE | {"data": ""}
    material_id, name = CHANGES[call]
    assert Materials(wire.database).find(material_id, account_id=None).name == name


@pytest.mark.parametrize(("call", "request_"), [*of_vector("deleteMaterial"), *of_vector("deleteAudio")])
def test_a_deleted_material_is_none(wire: Wire, call: str, request_: dict[str, str]) -> None:
    assert wire.send(as_sent(call, request_)) == DONE | {"data": ""}
    what = "material" if call == "deleteMaterial" else "audio"
    assert wire.send(as_sent(call, request_)) == {"code": 1004, "message": f"The {what} id does not exist"}


FOUND = [
    ({}, ["片头字幕", "logo", "英文字幕"]),
    ({"materialId": MATERIAL_ID.upper()}, ["片头字幕"]),
    ({"suffix": "PNG"}, ["logo"]),
    ({"createUser": "demo-account"}, ["片头字幕", "logo", "英文字幕"]),
    ({"publishDomain": "media.example.test", "materialName": "L"}, ["logo"]),
    ({"publishDomain": "other.example.test"}, []),
    ({"uploadTimeStart": "1699999940", "uploadTimeEnd": 1_699_999_940}, ["英文字幕"]),
    ({"uploadTimeStart": 1_700_000_001}, []),
    ({"pageSize": 1, "pageIndex": 3}, ["英文字幕"]),
    ({"pageIndex": 2}, []),
]


@pytest.mark.parametrize(("given", "names"), FOUND)
def test_filters_and_pages(wire: Wire, kept: Material, given: dict[str, Any], names: list[str]) -> None:
    with wire.database.begin() as connection:  # those of the same moment are in the order of their ids
        connection.exec_driver_sql("UPDATE material SET created_at_ms = created_at_ms - 1 WHERE name = 'logo'")
    data = wire.call(f"{MATERIALS}/getMaterialList", given)["data"]
    assert [row["name"] for row in data["materialList"]] == names
    assert data["total"] == (3 if {"pageSize", "pageIndex"} & set(given) else len(names))


def test_sound_is_found_by_its_time_in_either_order(wire: Wire) -> None:
    stored_material(wire.database, wire.key, AUDIO, material_id="0bb0000000000000000000000000000a", name="z")

    def listed(**given: object) -> list[str]:
        data = wire.call(f"{SOUNDS}/getAudioList", given)["data"]
        assert data["audioTotal"] == len(data["audioGetListResponseList"])
        return [row["audioId"][-1] for row in data["audioGetListResponseList"]]

    moment = "2023-11-15 06:13:20"
    assert (listed(), listed(listOrder="1"), listed(audioId=AUDIO_ID)) == (["a", "1"], ["1", "a"], ["1"])
    assert (listed(startTime=moment, endTime=moment), listed(endTime="2023-11-15 06:13:19")) == (["a", "1"], [])


REFUSED = [
    ("getMaterialList", {"pageSize": 51}, 1000, "Parameter error"),
    ("getMaterialList", {"uploadTimeStart": 2, "uploadTimeEnd": 1}, 1000, "Parameter error"),
    ("getMaterialList", {"createUser": "stranger"}, 1301, "User has no permission"),
    ("materialEdit", {}, 1000, "The material id cannot be empty"),
    (
        "materialEdit",
        {"id": MATERIAL_ID},
        1000,
        "The material name cannot be empty at the same time as the published domain name",
    ),
    ("materialEdit", {"id": MATERIAL_ID, "name": "x" * 41}, 1000, "The material name is out of the length range"),
    ("materialEdit", {"id": "none", "publishDomain": "a/b"}, 1527, "The domain name contains special characters"),
    ("materialEdit", {"id": "none", "publishDomain": "a.test"}, 1000, "The material id does not exist"),
    ("materialEdit", {"id": MATERIAL_ID, "publishDomain": "a.test"}, 1531, "Domain name does not exist"),
    ("materialEdit", {"id": AUDIO_ID, "name": "x"}, 1000, "The material id does not exist"),
    ("deleteMaterial", {}, 1000, "The material id cannot be empty"),
    ("deleteMaterial", {"id": MATERIAL_ID, "validateOccupy": "2"}, 1004, "Parameter error"),
    ("getAudioList", {"pageSize": 51}, 1000, "Parameter error"),
    ("getAudioList", {"startTime": "2024"}, 1000, "Parameter error"),
    ("editAudio", {}, 1000, "The audio id cannot be empty"),
    (
        "editAudio",
        {"audioId": AUDIO_ID},
        1000,
        "The audio name cannot be empty at the same time as the published domain name",
    ),
    ("editAudio", {"audioId": AUDIO_ID, "audioName": "x" * 41}, 1000, "Audio name out of length range"),
    ("editAudio", {"audioId": AUDIO_ID, "publishDomain": "a/b"}, 1527, "The domain name contains special characters"),
    ("editAudio", {"audioId": MATERIAL_ID, "audioName": "x"}, 1000, "The audio id does not exist"),
    ("deleteAudio", {}, 1000, "The audio id cannot be empty"),
    ("deleteAudio", {"audioId": AUDIO_ID, "validateOccupy": 2}, 1004, "Parameter error"),
]


@pytest.mark.parametrize(("call", "given", "code", "text"), REFUSED)
def test_what_is_refused_has_the_documented_answer(
    wire: Wire, call: str, given: dict[str, Any], code: int, text: str
) -> None:
    assert wire.call(CALLS[call]["path"], given) == {"code": code, "message": text}


@pytest.mark.parametrize("call", ["materialEdit", "deleteMaterial", "editAudio", "deleteAudio"])
def test_a_strangers_material_is_not_permitted(wire: Wire, call: str) -> None:
    given = {"id": MATERIAL_ID, "audioId": AUDIO_ID, "name": "x", "audioName": "x"}
    reply = wire.call(CALLS[call]["path"], given, key=wire.accounts.create_key("stranger"))
    assert reply == {"code": 1301, "message": "User has no permission"}


def test_what_a_video_uses_is_occupied(wire: Wire, kept: Material) -> None:
    video = stored_video(wire.database, wire.key, another_video())
    with wire.database.begin() as connection:
        use_materials(connection, video.job_id, [kept.material_id], account_id=kept.account_id)
    path, given = f"{MATERIALS}/deleteMaterial", {"id": kept.material_id}
    assert wire.call(path, given) == {"code": 400, "message": "Resource occupied"}
    assert wire.call(path, given | {"validateOccupy": "0"}) == DONE | {"data": ""}


def test_a_material_moves_to_a_publish_domain(wire: Wire, kept: Material) -> None:
    assert wire.call(f"{MATERIALS}/materialEdit", {"id": kept.material_id, "publishDomain": "MEDIA.example.test"})
    edited = Materials(wire.database).find(kept.material_id, account_id=None)
    assert (edited.publish_domain, edited.name) == ("media.example.test", kept.name)


def own(wire: Wire, method: str, path: str, **body: object) -> tuple[int, dict[str, Any]]:
    """Call `/api/v1` and return status and answer."""
    headers = {"Authorization": f"Bearer {wire.key.access_key}.{wire.key.secret_key}"}
    reply = wire.browser.request(method, f"/api/v1/materials{path}", headers=headers, json=body or None)
    return reply.status_code, reply.json() if reply.content else {}


def test_our_own_api_lists_reads_edits_and_deletes(wire: Wire, kept: Material) -> None:
    status, page = own(wire, "GET", "?kind=material&search=字幕&limit=1")
    assert (status, page["total"], [row["material_id"] for row in page["materials"]]) == (200, 2, [MATERIAL_ID])
    assert own(wire, "GET", "?suffix=srt&offset=1")[1]["materials"] == []
    sound = own(wire, "GET", f"/{AUDIO_ID}")[1]
    assert (sound["kind"], sound["duration_s"], sound["suffix"]) == ("audio", 30.2, "mp3")
    status, edited = own(wire, "PATCH", f"/{MATERIAL_ID}", name="neu", publish_domain="media.example.test")
    assert (status, edited["name"], edited["url"]) == (200, "neu", f"https://media.example.test/{kept.key}")
    assert own(wire, "PATCH", f"/{MATERIAL_ID}", publish_domain="a.test")[1]["field"] == "publish_domain"
    video = stored_video(wire.database, wire.key, another_video())
    with wire.database.begin() as connection:
        use_materials(connection, video.job_id, [kept.material_id], account_id=kept.account_id)
    assert own(wire, "DELETE", f"/{MATERIAL_ID}")[0] == 409
    assert own(wire, "DELETE", f"/{MATERIAL_ID}?force=true")[0] == 204
    for strange in (MATERIAL_ID, "0bb00000000000000000000000000009"):
        assert own(wire, "GET", f"/{strange}")[0] == 404
