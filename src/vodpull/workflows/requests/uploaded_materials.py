"""What becomes of an uploaded picture, subtitle or sound that has arrived whole: a material, and the news of it."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.accounts.access_keys import Accounts
from vodpull.clock import now_ms
from vodpull.jobs.notices.deliveries import Delivery, DeliveryState
from vodpull.materials.material import NOT_MEASURED, Material, MaterialKind
from vodpull.materials.materials import keep_material
from vodpull.uploads.upload_and_ticket import Completion, Upload, UploadKind, Whole
from vodpull.videos.callback_addresses import CallbackKind, read_callbacks
from vodpull.workflows.delivery.outbox import Outbox

KINDS = {UploadKind.MATERIAL: MaterialKind.MATERIAL, UploadKind.AUDIO: MaterialKind.AUDIO}


def material_options(*, name: str, publish_domain: str = "") -> dict[str, object]:
    """Return what is to become of an upload, as it is kept with its reservation."""
    return {"name": name, "publish_domain": publish_domain}


class UploadedMaterials:
    """Makes materials of uploads."""

    def __init__(self, accounts: Accounts, outbox: Outbox) -> None:
        self._accounts = accounts
        self._outbox = outbox

    def completions(self) -> dict[UploadKind, Completion]:
        """Return what whole files become."""
        return dict.fromkeys(KINDS, Completion(finish=self._finish, is_stored=True))

    def _finish(self, connection: sa.Connection, upload: Upload, whole: Whole) -> None:
        now = now_ms()
        kind = KINDS[upload.kind]
        material = Material(
            material_id=upload.subject_id,
            account_id=upload.account_id,
            account=self._accounts.name_of(upload.account_id),
            kind=kind,
            name=str(upload.options["name"]),
            suffix=upload.key.rpartition(".")[2],
            size_bytes=whole.size_bytes,
            duration_s=NOT_MEASURED if kind is MaterialKind.AUDIO else 0.0,
            publish_domain=str(upload.options["publish_domain"]),
            # Of the reservation: its month is part of the key that was given away then.
            created_at_ms=upload.created_at_ms,
            uploaded_at_ms=now,
            updated_at_ms=now,
        )
        keep_material(connection, material)
        if kind is MaterialKind.MATERIAL:
            self._tell(connection, material, access_key=upload.access_key)

    def _tell(self, connection: sa.Connection, material: Material, *, access_key: str) -> None:
        url = read_callbacks(connection, material.account_id).get(CallbackKind.MATERIAL_UPLOAD)
        if url is None:
            return
        notice = Delivery(
            delivery_id=f"{material.material_id}-{material.uploaded_at_ms}",
            account_id=material.account_id,
            kind=CallbackKind.MATERIAL_UPLOAD,
            url=url,
            body=self._outbox.material_notice(material),
            state=DeliveryState.PENDING,
            created_at_ms=material.uploaded_at_ms,
        )
        self._outbox.send(connection, notice, access_key=access_key)
