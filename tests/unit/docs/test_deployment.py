"""The files people deploy with: what cannot run here is at least linted, and the sandbox works under their filters."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml  # type: ignore[import-untyped]
from tests.services.missing import missing

from vodpull.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
CHART = ROOT / "deploy" / "helm" / "vodpull"
RENDERED = ROOT / "tests" / "data" / "helm"
UNIT = ROOT / "deploy" / "systemd" / "vodpull@.service"
PROFILE = ROOT / "deploy" / "container" / "seccomp.json"
CONTAINERS = ("compose.yaml", "deploy/compose/scaled.yaml")
CHOICES = ("small", "full")

KUBERNETES = "1.34"

GRACE_S = Settings.model_fields["grace_s"].default


def rendered(choice: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((RENDERED / f"{choice}.yaml").read_text()))


def of_kind(choice: str, kind: str) -> list[dict[str, Any]]:
    return [document for document in rendered(choice) if document["kind"] == kind]


def tool(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name) or missing(name)


def lint(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dockerfile_has_no_lint() -> None:
    lint(tool("hadolint"), "Dockerfile")


def test_the_image_is_built_from_files_that_are_there() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    shipped = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert names == shipped
    assert all((ROOT / name).exists() for name in names)


@pytest.mark.parametrize("file", CONTAINERS)
def test_a_compose_file_follows_its_schema(file: str) -> None:
    lint(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", file)


@pytest.mark.parametrize("file", CONTAINERS)
def test_every_container_of_ours_is_closed_and_given_time_to_end(file: str) -> None:
    services = yaml.safe_load((ROOT / file).read_text())["services"].values()
    for service in [service for service in services if service.get("image") == "vodpull"]:
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert int(service["stop_grace_period"].removesuffix("s")) > GRACE_S
        [profile] = [option for option in service["security_opt"] if option.startswith("seccomp:")]
        assert ((ROOT / file).parent / profile.removeprefix("seccomp:")).resolve() == PROFILE


@pytest.mark.parametrize(
    "file", [*CONTAINERS, "deploy/systemd/vodpull@.service", "deploy/helm/vodpull/templates/_helpers.tpl"]
)
def test_every_setting_that_is_named_exists(file: str) -> None:
    known = {f"VODPULL_{name.upper()}" for name in Settings.model_fields}
    named = re.findall(r"\bVODPULL_[A-Z_]*[A-Z]\b", (ROOT / file).read_text())
    assert named
    assert set(named) <= known


def digest() -> str:
    """Return the first line of manifests that were rendered from the chart as it is."""
    files = [path for path in sorted(CHART.rglob("*")) if path.is_file()]
    return f"# of the chart with the digest {hashlib.sha256(b''.join(path.read_bytes() for path in files)).hexdigest()}"


@pytest.mark.parametrize("choice", CHOICES)
def test_the_rendered_manifests_are_those_of_the_chart(choice: str) -> None:
    if helm := shutil.which("helm"):
        made = render(helm, choice)
        if os.environ.get("UPDATE_GOLDEN"):
            text = yaml.safe_dump_all(made, sort_keys=False, width=120)
            (RENDERED / f"{choice}.yaml").write_text(f"{digest()}\n{text}")
        assert made == rendered(choice)
    first = (RENDERED / f"{choice}.yaml").read_text().partition("\n")[0]
    assert first == digest(), "with helm: UPDATE_GOLDEN=1 pytest tests/unit/docs/test_deployment.py"


def render(helm: str, choice: str) -> list[dict[str, Any]]:
    values = RENDERED / f"{choice}.values.yaml"
    command = [helm, "template", "demo", str(CHART), "--namespace", "video", "--values", str(values)]
    made = subprocess.run(command, capture_output=True, timeout=60, check=True).stdout
    documents = [document for document in yaml.safe_load_all(made) if document]
    return sorted(documents, key=lambda each: (each["kind"], each["metadata"]["name"]))


@pytest.mark.parametrize("choice", CHOICES)
def test_every_manifest_follows_the_schema_of_kubernetes(choice: str) -> None:
    for document in rendered(choice):
        if document["kind"] != "ScaledObject":  # KEDA's own
            kubernetes_validate.validate(document, KUBERNETES, strict=True)


@pytest.mark.parametrize("choice", CHOICES)
def test_a_pod_may_end_its_steps_and_change_nothing_else(choice: str) -> None:
    for deployment in of_kind(choice, "Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        [container] = pod["containers"]
        environment = {each["name"]: each["value"] for each in container["env"]}
        assert pod["terminationGracePeriodSeconds"] > int(environment["VODPULL_GRACE_S"])
        assert pod["securityContext"]["runAsNonRoot"]
        assert container["securityContext"]["readOnlyRootFilesystem"]


def test_workers_scale_with_the_figure_that_vodpull_gives() -> None:
    [scaled] = of_kind("full", "ScaledObject")
    assert scaled["spec"]["triggers"][0]["metadata"]["query"] == 'max(vodpull_queue_depth{queue="encode"})'
    workers = [each for each in of_kind("full", "Deployment") if each["metadata"]["name"].endswith("worker")]
    assert "replicas" not in workers[0]["spec"]


def test_no_secret_has_a_place_in_the_values() -> None:
    values = (CHART / "values.yaml").read_text()
    named = {line.partition(":")[0].strip().lower() for line in values.splitlines() if not line.strip().startswith("#")}
    assert not [name for name in named if re.search(r"password|masterkey|secretkey|token$", name)]


@pytest.mark.parametrize("role", ["all", "api", "worker"])
def test_systemd_understands_the_unit(role: str, tmp_path: Path) -> None:
    unit = tmp_path / f"vodpull@{role}.service"
    unit.write_text(UNIT.read_text().replace("/opt/vodpull/bin/vodpull", "/bin/true"))
    lint(tool("systemd-analyze"), "verify", "--man=no", str(unit))
    lint(tool("systemd-analyze"), "security", "--offline=true", "--threshold=30", str(unit))


def test_systemd_waits_longer_than_the_grace_time() -> None:
    stop_s = re.search(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(), re.MULTILINE)
    assert stop_s
    assert int(stop_s[1]) > GRACE_S


def sandbox_under(rules: dict[str, list[str]], sandbox: str = "require") -> tuple[int, str]:
    """Return how many rules there were, and which sandbox works under them."""
    if not Path("/usr/lib/x86_64-linux-gnu/libseccomp.so.2").exists() or shutil.which("bwrap") is None:
        missing("libseccomp or bubblewrap")
    program = [sys.executable, "-m", "tests.unit.docs.filtered", json.dumps(rules), sandbox]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, cwd=ROOT, env=os.environ, check=False)
    assert done.returncode == 0, done.stderr
    count, _, kind = done.stdout.strip().partition(" ")
    return int(count), kind


def test_the_sandbox_works_under_the_containers_filter() -> None:
    refused = [name for rule in json.loads(PROFILE.read_text())["syscalls"] for name in rule["names"]]
    count, kind = sandbox_under({"refuse": refused})
    assert kind == "bwrap"
    assert count > len(refused) * 0.8  # the rest belongs to other processors


def test_the_sandbox_works_under_the_units_filter() -> None:
    allowed = {*calls_of("@system-service"), *calls_of("@mount")} - {*calls_of("@keyring")}
    assert sandbox_under({"allow": sorted(allowed)})[1] == "bwrap"


def test_without_namespaces_the_service_starts_with_resource_limits_alone() -> None:
    assert sandbox_under({"refuse": ["unshare", "clone3", "mount"]}, sandbox="auto")[1] == "limits"


def calls_of(group: str) -> list[str]:
    """Return the system calls of a group of systemd's, groups inside it included."""
    command = [tool("systemd-analyze"), "syscall-filter", group]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
    names = [line.strip() for line in answer.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    return [call for name in names for call in (calls_of(name) if name.startswith("@") else [name])]
