"""Materials and what uses them, on both databases, with their files in a store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.clapper import ffmpeg
from tests.materials import AUDIO, MATERIAL, another_material, stored_material
from tests.stored import VAULT
from tests.videos import stored_video

from vodpull import storage
from vodpull.accounts.access_keys import Accounts, NewKey
from vodpull.accounts.stored_bytes import used_bytes
from vodpull.database import tables
from vodpull.database.connection import open_database
from vodpull.database.migrate import migrate
from vodpull.errors import NotFound, Occupied, PermissionDenied
from vodpull.jobs.deletions import Deletions
from vodpull.materials.material import NOT_MEASURED, Material, MaterialKind
from vodpull.materials.materials import MaterialEdit, MaterialFilter, Materials, keep_material, use_materials
from vodpull.media import find_toolbox
from vodpull.workflows.upkeep import material_files
from vodpull.workflows.upkeep.material_files import InspectionTools, MaterialFiles
from vodpull.workflows.upkeep.rebuild import Rebuild


@pytest.fixture
def key(database: sa.Engine) -> NewKey:
    return Accounts(database, VAULT).create_key("demo-account")


@pytest.fixture
def objects(tmp_path: Path) -> storage.ObjectStore:
    return storage.open_store((tmp_path / "store").as_uri())


def stored_bytes(database: sa.Engine) -> int:
    with database.connect() as connection:
        account_id = connection.scalars(sa.select(tables.account.c.account_id)).one()
        assert connection.scalar(sa.select(tables.account.c.stored_bytes)) == used_bytes(connection, account_id)
        return int(connection.scalar(sa.select(tables.account.c.stored_bytes)) or 0)


def test_a_material_is_found_listed_changed_and_counted(database: sa.Engine, key: NewKey) -> None:
    kept, materials = stored_material(database, key), Materials(database)
    assert kept.key == "material/202311/0aa00000000000000000000000000001.vtt"
    assert kept == replace(MATERIAL, account_id=kept.account_id)
    sound = stored_material(database, key, AUDIO)
    assert (sound.key, stored_bytes(database)) == ("audio/202311/0bb00000000000000000000000000001.mp3", 481_794)
    assert materials.find(kept.material_id.upper(), account_id=kept.account_id) == kept
    with pytest.raises(NotFound):
        materials.find(sound.material_id, account_id=None, kind=MaterialKind.MATERIAL)
    with pytest.raises(PermissionDenied):
        materials.find(kept.material_id, account_id="b" * 32)
    edited = materials.edit(kept, MaterialEdit(name="Ünter", publish_domain="media.example.test"))
    assert (edited.name, edited.publish_domain) == ("Ünter", "media.example.test")
    assert edited.updated_at_ms > kept.updated_at_ms
    mine = MaterialFilter(account_id=kept.account_id, text="üN", suffixes=("vtt",), kind=MaterialKind.MATERIAL)
    assert materials.page(mine, limit=10) == [edited]
    assert (materials.count(mine), materials.count(replace(mine, text="%"))) == (1, 0)


def test_a_material_that_comes_again_takes_the_place_of_the_first(database: sa.Engine, key: NewKey) -> None:
    kept = stored_material(database, key)
    with database.begin() as connection:
        keep_material(connection, replace(kept, size_bytes=7, name="another", uploaded_at_ms=9))
    again = Materials(database).find(kept.material_id, account_id=None)
    assert (again.size_bytes, again.name, again.uploaded_at_ms, stored_bytes(database)) == (7, kept.name, 9, 7)


def test_what_a_video_uses_goes_only_by_force(database: sa.Engine, key: NewKey) -> None:
    kept, materials, video = stored_material(database, key), Materials(database), stored_video(database, key)

    def use(*used: Material) -> None:
        with database.begin() as connection:
            use_materials(connection, video.job_id, [each.material_id for each in used], account_id=video.account_id)

    use(kept)
    with pytest.raises(Occupied):
        materials.delete(kept)
    use(stored_material(database, key, another_material()))  # encoded again with other subtitles
    materials.delete(kept)
    with pytest.raises(NotFound):
        use(kept)
    other = materials.page(MaterialFilter(account_id=None), limit=2)[0]
    materials.delete(other, stop_use=True)
    third = stored_material(database, key, another_material())
    use(third)
    view = Deletions(database).find(video.batch_id)
    assert view is not None
    Deletions(database).delete(view)
    materials.delete(third)


async def test_files_follow_their_rows(
    database: sa.Engine, key: NewKey, objects: storage.ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, gone = stored_material(database, key), stored_material(database, key, AUDIO)
    orphan = another_material()
    for material in (kept, gone, orphan):
        await objects.put_bytes(material.key, b"x" * 9)
    files, materials = MaterialFiles(database, VAULT, objects), Materials(database)
    await files.keep_up()
    assert len(await objects.list_keys(storage.MANIFESTS)) == 2
    materials.delete(gone)
    assert await files.sweep() == 0, "nothing is old enough"
    monkeypatch.setattr(material_files, "ORPHAN_AGE_S", -60.0)
    assert await files.sweep() == 1
    await files.keep_up()
    manifest = "manifests/material/202311/0aa00000000000000000000000000001.json"
    assert await objects.list_keys("") == [manifest, kept.key]
    assert materials.known([kept.material_id, gone.material_id]) == {kept.material_id}


async def test_new_sound_is_measured_once(
    database: sa.Engine, key: NewKey, objects: storage.ObjectStore, tmp_path: Path
) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=d=3", tmp_path / "a.mp3")
    sound = stored_material(database, key, AUDIO, duration_s=NOT_MEASURED)
    strange = stored_material(database, key, AUDIO, material_id="0bb00000000000000000000000000002", duration_s=-1.0)
    await objects.put_bytes(sound.key, (tmp_path / "a.mp3").read_bytes())
    await objects.put_bytes(strange.key, b"no sound at all")
    inspection = InspectionTools(folder=tmp_path, toolbox=find_toolbox("", sandbox="auto"))
    materials = Materials(database)
    await MaterialFiles(database, VAULT, objects).measure()
    assert materials.find(sound.material_id, account_id=None).length_s == 0.0
    await MaterialFiles(database, VAULT, objects, inspection=inspection).measure()
    assert 2.9 < materials.find(sound.material_id, account_id=None).duration_s < 3.2
    assert materials.find(strange.material_id, account_id=None).duration_s == 0.0
    assert materials.unmeasured(limit=9) == []


async def test_a_lost_database_is_made_again(
    database: sa.Engine, key: NewKey, objects: storage.ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = stored_material(database, key)
    await objects.put_bytes(kept.key, b"x" * kept.size_bytes)
    await MaterialFiles(database, VAULT, objects).keep_up()
    await objects.put_bytes("manifests/audio/202311/broken.json", b"{}")
    empty = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    migrate(empty)
    monkeypatch.setattr(material_files, "ORPHAN_AGE_S", -60.0)
    assert await MaterialFiles(empty, VAULT, objects).sweep() == 0, "the database lacks it"
    rebuilt = await Rebuild(empty, VAULT, objects).run()
    assert (rebuilt.added, rebuilt.known, rebuilt.unreadable) == (1, 0, 1)
    assert Materials(empty).find(kept.material_id, account_id=kept.account_id) == kept
    assert (await Rebuild(empty, VAULT, objects).run()).known == 1
    assert stored_bytes(empty) == kept.size_bytes
    empty.dispose()
