"""Volumes where a cluster has nobody who makes them: folders of its node."""

import json
from collections.abc import Mapping
from typing import Any, Final

from manifests.cluster.kube import NAMESPACE, apply_bodies, items, kubectl, wait
from manifests.objects import Objects
from manifests.problem import ManifestError

_FOLDER: Final = "/var/lib/largesse-volumes"
_MAKERS: Final = "largesse-volumes"
_DEFAULT: Final = "storageclass.kubernetes.io/is-default-class"


def ensure_volumes(objects: Objects, image: str) -> str | None:
    """Make a volume for each claim, unless the cluster does; returns what was done, if anything.

    Args:
        objects: What is going to claim volumes.
        image: Some image with a Python that the cluster has.

    Raises:
        ManifestError: A folder could not be made on the node.
    """
    classes = items("storageclasses")
    if any(each["metadata"].get("annotations", {}).get(_DEFAULT) == "true" for each in classes):
        return None
    claims = [
        f"{template['metadata']['name']}-{each.name}-0"
        for each in objects.of("StatefulSet")
        for template in each.spec.get("volumeClaimTemplates") or ()
    ]
    node = items("nodes")[0]["metadata"]["name"]
    there: set[str] = set()
    for each in items("persistentvolumes"):
        name = each["metadata"]["name"]
        if each["status"]["phase"] == "Released" and name.startswith(f"{NAMESPACE}-"):
            # Of an earlier trial that was deleted: nobody else can have it.
            kubectl("delete", "persistentvolume", name)
        else:
            there.add(name)
    missing = [claim for claim in claims if f"{NAMESPACE}-{claim}" not in there]
    if not missing:
        return None
    _make_folders(missing, node, image)
    apply_bodies(_volume(claim, node) for claim in missing)
    return f"no default StorageClass: made {len(missing)} volumes of folders under {_FOLDER}"


def _volume(claim: str, node: str) -> Mapping[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"{NAMESPACE}-{claim}"},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
            "claimRef": {"namespace": NAMESPACE, "name": claim},
            "local": {"path": f"{_FOLDER}/{claim}"},
            "nodeAffinity": {
                "required": {
                    "nodeSelectorTerms": [
                        {
                            "matchExpressions": [
                                {
                                    "key": "kubernetes.io/hostname",
                                    "operator": "In",
                                    "values": [node],
                                }
                            ]
                        }
                    ]
                }
            },
        },
    }


def _make_folders(claims: list[str], node: str, image: str) -> None:
    """By a pod that may, in a namespace of its own, which goes again."""
    program = (
        "import os, shutil, sys\n"
        "for claim in sys.argv[1:]:\n"
        f"    path = os.path.join('{_FOLDER}', claim)\n"
        "    shutil.rmtree(path, ignore_errors=True)\n"
        "    os.makedirs(path)\n"
        "    os.chmod(path, 0o777)\n"
    )
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": _MAKERS,
            "labels": {"pod-security.kubernetes.io/enforce": "privileged"},
        },
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "make-folders", "namespace": _MAKERS},
        "spec": {
            "nodeName": node,
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "securityContext": {"runAsUser": 0},
            "containers": [
                {
                    "name": "make",
                    "image": image,
                    "imagePullPolicy": "IfNotPresent",
                    "command": ["/app/bin/python", "-c", program, *claims],
                    "volumeMounts": [{"name": "folder", "mountPath": _FOLDER}],
                }
            ],
            "volumes": [
                {"name": "folder", "hostPath": {"path": _FOLDER, "type": "DirectoryOrCreate"}}
            ],
        },
    }
    apply_bodies([namespace])
    try:
        kubectl("create", "--namespace", _MAKERS, "--filename", "-", stdin=json.dumps(pod))

        def unfinished() -> str | None:
            (found,) = items("pods", "--namespace", _MAKERS)
            phase = found["status"].get("phase")
            if phase == "Failed":
                said = kubectl("logs", "--namespace", _MAKERS, "make-folders")
                raise ManifestError(f"folders for volumes cannot be made: {said}")
            return None if phase == "Succeeded" else f"make-folders is {phase}"

        wait(unfinished, "folders for volumes are not made", 120)
    finally:
        kubectl("delete", "namespace", _MAKERS, "--wait=true")
