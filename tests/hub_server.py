"""A small Hugging Face Hub on loopback: the endpoints that publishing and reading a dataset call, and faults on request.

Repos live in memory. Large files are kept by SHA-256 as the LFS protocol has it: they come by pre-signed addresses of
another host, their storage, and readers are redirected there. Like S3, it refuses a request that also has a token. Not
here: pull requests, the viewer, and the storage of Xet (clients need `HF_HUB_DISABLE_XET=1`, or `xet` names a folder,
to which Xet's own client writes).
"""

from __future__ import annotations

import base64
import hmac
import json
import random
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

from pmcmine.io.loopback import LoopbackServer

_LARGE = (".tar", ".parquet", ".npz", ".jpg", ".png")


@dataclass(frozen=True)
class File:
    """A file of a revision; `lfs` is the SHA-256 of a large one."""

    data: bytes
    lfs: str

    @property
    def oid(self) -> str:
        content = self.data if not self.lfs else f"pointer {self.lfs}".encode()
        return sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@dataclass
class Repo:
    """A dataset repo: commits in order, each a whole tree."""

    private: bool
    commits: list[tuple[str, dict[str, File], str]] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    ever: list[tuple[str, dict[str, File], str]] = field(default_factory=list)  # those that were squashed, too
    removed: set[str] = field(default_factory=set)  # objects, by SHA-256
    gated: bool = False  # who is not the owner's sees its name, but reads nothing

    def at(self, revision: str) -> tuple[str, dict[str, File]] | None:
        wanted = self.tags.get(revision, revision)
        for sha, tree, _ in reversed(self.commits):
            if wanted in ("main", sha):
                return sha, tree
        return None


@dataclass
class Faults:
    """A share of answers that go wrong: 503 and 429 (with Retry-After), or a connection that is cut in the body."""

    share: float
    seed: int = 0
    kinds: tuple[str, ...] = ("503", "429", "cut")
    most: int = 3  # for one request line


class HubServer(LoopbackServer):
    """The Hub; a context manager whose `url` is its endpoint.

    Args:
        faults: what goes wrong.
        token: the only token that it takes.
        users: namespaces that each token may write to, the user's own first; whoever gives none of them reads what is
            public. Without users everybody may do everything.
        xet: folder of the storage of Xet.
    """

    def __init__(
        self,
        faults: Faults | None = None,
        token: str | None = None,
        users: dict[str, tuple[str, ...]] | None = None,
        xet: str = "",
    ) -> None:
        self.repos: dict[str, Repo] = {}
        self.objects: dict[str, bytes] = {}
        self.puts: Counter[str] = Counter()  # objects that came whole, by SHA-256
        self.read_bytes = 0
        self.requests: list[str] = []
        self.token, self.users, self.xet = token, users, xet
        self.renamed: dict[str, str] = {}  # repos by their old names
        self.leaked: list[str] = []  # requests to the storage with a token
        self.lock = threading.RLock()
        self._faults = faults
        self._random = random.Random(faults.seed if faults else 0)
        self._given: Counter[str] = Counter()
        hub = self

        class Handler(_Handler):
            server_hub = hub

        class Storage(_Storage):
            server_hub = hub

        super().__init__(Handler)
        self.url = self.url.rstrip("/")
        self.storage = LoopbackServer(Storage)

    def __enter__(self) -> Self:
        self.storage.__enter__()
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self.storage.__exit__(kind, error, trace)

    def signed(self, oid: str) -> str:
        """Address of an object at its storage."""
        return f"{self.storage.url}lfs/{oid}?X-Amz-Signature={_signature(oid)}"

    def files(self, repo: str) -> dict[str, bytes]:
        """Content of a repo's newest revision."""
        found = self.repos[repo].at("main")
        return {path: f.data for path, f in found[1].items()} if found else {}

    def sent_again(self) -> list[str]:
        """Hashes of objects that came more often than there are files with their bytes (tables without rows are alike)."""
        trees = [repo.commits[-1][1] for repo in self.repos.values() if repo.commits]
        copies = Counter(file.lfs for tree in trees for file in tree.values())
        return [sha for sha, n in self.puts.items() if n > max(1, copies[sha])]

    def fault(self, line: str) -> str | None:
        with self.lock:
            if self._faults is None or self._given[line] >= self._faults.most:
                return None
            if self._random.random() >= self._faults.share:
                return None
            self._given[line] += 1
            return self._random.choice(self._faults.kinds)


def _signature(oid: str) -> str:
    return hmac.new(b"of the storage", oid.encode(), "sha256").hexdigest()


class _Handler(BaseHTTPRequestHandler):
    server_hub: HubServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815 - names of the standard library

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            data = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return data
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _serve(self) -> None:
        hub = self.server_hub
        body = self._body()
        address = urlsplit(self.path)
        path = unquote(address.path)
        with hub.lock:
            hub.requests.append(f"{self.command} {path}")
        wrong = hub.fault(f"{self.command} {path} {self.headers.get('Range')}")
        if wrong in ("503", "429"):
            self._answer(int(wrong), b"busy", {"Retry-After": "0.05"})
            return
        self._cut = wrong == "cut"
        if not self._admitted(path, parse_qs(address.query)):
            return
        with hub.lock:
            self._route(path, parse_qs(address.query), body)

    def _admitted(self, path: str, query: dict[str, list[str]]) -> bool:
        """Tell whether a request may be answered; if not, it has been."""
        hub, given = self.server_hub, (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if (hub.token and given != hub.token) or (hub.users is not None and given and given not in hub.users):
            self._json({"error": "Invalid username or password."}, 401)
            return False
        asked = re.match(r"(?:/api)?/datasets/([^/]+/[^/?]+?)(?:\.git)?(?=/|$)", path)
        if asked is not None and asked[1] in hub.renamed:
            there = self.path.replace(quote(asked[1]), quote(hub.renamed[asked[1]]), 1)
            self._answer(307, b"", {"Location": there})
            return False
        if hub.users is None or asked is None:
            return True
        mine = hub.users.get(given, ())
        repo = hub.repos.get(asked[1])
        if repo is not None and repo.private and asked[1].split("/")[0] not in mine:
            self._json({"error": "Repository not found"}, 404 if mine else 401, {"X-Error-Code": "RepoNotFound"})
            return False
        if repo is not None and repo.gated and "/resolve/" in path and asked[1].split("/")[0] not in mine:
            said = f"Access to dataset {asked[1]} is restricted and you are not in the authorized list."
            self._json({"error": said}, 403 if mine else 401, {"X-Error-Code": "GatedRepo"})
            return False
        writes = self.command in ("PUT", "DELETE", "POST") and not path.endswith(
            ("/paths-info/main", "/preupload/main")
        )
        if writes and "/paths-info/" not in path and asked[1].split("/")[0] not in mine:
            self._json({"error": f"Forbidden: you need write access to {asked[1]}"}, 403)
            return False
        return True

    def _route(self, path: str, query: dict[str, list[str]], body: bytes) -> None:
        hub = self.server_hub
        if path == "/api/repos/create":
            asked = json.loads(body)
            repo_id = f"{asked.get('organization') or 'me'}/{asked['name']}"
            given = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            if hub.users is not None and repo_id.split("/")[0] not in hub.users.get(given, ()):
                owner = repo_id.split("/")[0]
                said = f'You don\'t have the rights to create a dataset under the namespace "{owner}"'
                self._json({"error": said}, 403)
                return
            exists = repo_id in hub.repos
            hub.repos.setdefault(repo_id, Repo(asked.get("visibility") == "private"))
            if not hub.repos[repo_id].commits:
                self._commit(hub.repos[repo_id], {".gitattributes": File(b"*.tar filter=lfs\n", "")}, "initial commit")
            self._json({"url": f"{hub.url}/datasets/{repo_id}", "name": repo_id}, 409 if exists else 200)
        elif path.startswith("/lfs/") and isinstance(self, _Storage):
            self._object(path.removeprefix("/lfs/"), body)
        elif path == "/api/validate-yaml":
            self._json({"errors": [], "warnings": []})
        elif match := re.fullmatch(r"/datasets/([^/]+/[^/]+?)\.git/info/lfs/objects/batch", path):
            objects = []
            for wanted in json.loads(body)["objects"]:
                entry: dict[str, Any] = {"oid": wanted["oid"], "size": wanted["size"]}
                if wanted["oid"] not in hub.objects:
                    entry["actions"] = {"upload": {"href": hub.signed(wanted["oid"]), "header": {}}}
                objects.append(entry)
            self._json({"transfer": "basic", "objects": objects})
        elif match := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)(?:/([a-z-]+)(?:/([^/]+)(?:/(.*))?)?)?", path):
            self._api(match[1], match[2] or "info", match[3] or "main", match[4] or "", query, body)
        elif match := re.fullmatch(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._resolve(match[1], match[2], match[3])
        else:
            self._json({"error": "not found"}, 404)

    def _api(
        self, repo_id: str, what: str, revision: str, below: str, query: dict[str, list[str]], body: bytes
    ) -> None:
        hub = self.server_hub
        repo = hub.repos.get(repo_id)
        if repo is None:
            self._json({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})
            return
        if what == "xet-write-token":
            self._json({"casUrl": f"local://{hub.xet}", "accessToken": "of the storage", "exp": 4_000_000_000})
            return
        if what == "preupload":
            files = json.loads(body)["files"]
            modes = [
                {
                    "path": f["path"],
                    "uploadMode": "lfs" if f["path"].endswith(_LARGE) else "regular",
                    "shouldIgnore": False,
                }
                for f in files
            ]
            self._json({"files": modes})
            return
        if what == "tag":
            self._tag(repo, revision, body)
            return
        if what == "commit":
            self._add(repo, repo_id, body)
            return
        if what in ("super-squash", "lfs-files"):
            self._forget(repo, what, revision, body)
            return
        found = repo.at(revision)
        if found is None:
            self._json({"error": "Revision not found"}, 404, {"X-Error-Code": "RevisionNotFound"})
            return
        sha, tree = found
        if what in ("info", "revision"):
            siblings = [{"rfilename": p} for p in sorted(tree)]
            self._json(
                {"id": repo_id, "sha": sha, "private": repo.private, "siblings": siblings, "tags": [], "downloads": 0}
            )
        elif what == "refs":
            self._json({"branches": [{"name": "main", "ref": "refs/heads/main", "targetCommit": sha}], "converts": [],
                        "tags": [{"name": t, "ref": f"refs/tags/{t}", "targetCommit": c} for t, c in repo.tags.items()]})  # fmt: skip
        elif what == "tree":
            recursive = query.get("recursive", ["false"])[0].lower() in ("true", "1")
            entries = self._entries(tree, below.strip("/"), recursive)
            missing = below and not entries
            self._json(entries if not missing else {"error": "no such path"}, 404 if missing else 200,
                       {"X-Error-Code": "EntryNotFound"} if missing else {})  # fmt: skip
        elif what == "paths-info":
            text = body.decode()
            wanted = json.loads(text)["paths"] if text.startswith("{") else parse_qs(text).get("paths", [])
            out = []
            for path in wanted:
                if path in tree:
                    out.append(self._entry(path, tree[path]))
                elif any(p.startswith(f"{path}/") for p in tree):
                    out.append({"type": "directory", "path": path, "oid": "0" * 40, "size": 0})
            self._json(out)
        else:
            self._json({"error": "not found"}, 404)

    def _tag(self, repo: Repo, revision: str, body: bytes) -> None:
        """Set or remove a tag."""
        if self.command == "DELETE":
            self._json({}, 200 if repo.tags.pop(revision, None) else 404)
            return
        asked = json.loads(body)["tag"]
        exists = asked in repo.tags
        repo.tags.setdefault(asked, revision if revision != "main" else repo.commits[-1][0])
        self._json({}, 409 if exists else 200)

    def _forget(self, repo: Repo, what: str, revision: str, body: bytes) -> None:
        """Squash a history, list the objects of all revisions, or remove some."""
        if what == "super-squash":
            held = repo.commits[-1][1]
            kept = [commit for commit in repo.commits if commit[0] in repo.tags.values()]  # a tag keeps its commit
            self._commit(repo, dict(held), json.loads(body)["message"])
            repo.commits[:] = [*kept, repo.commits[-1]]
            self._json({})
        elif revision == "batch":
            repo.removed.update(json.loads(body)["deletions"]["sha"])
            self._json({})
        else:
            pushed = {f.lfs: p for _, tree, _ in repo.ever for p, f in tree.items() if f.lfs}
            when = "2026-11-20T00:00:00.000Z"
            self._json([{"fileOid": oid, "filename": p, "oid": "0" * 24, "pushedAt": when, "ref": None, "size": 1}
                        for oid, p in sorted(pushed.items()) if oid not in repo.removed])  # fmt: skip

    @staticmethod
    def _entry(path: str, file: File) -> dict[str, Any]:
        entry: dict[str, Any] = {"type": "file", "path": path, "oid": file.oid, "size": len(file.data)}
        if file.lfs:
            entry["lfs"] = {"oid": file.lfs, "size": len(file.data), "pointerSize": 134}
        return entry

    def _entries(self, tree: dict[str, File], below: str, recursive: bool) -> list[dict[str, Any]]:
        prefix = f"{below}/" if below else ""
        inside = {p: f for p, f in tree.items() if p.startswith(prefix)}
        entries, folders = [], set()
        for path, file in sorted(inside.items()):
            parts = path[len(prefix) :].split("/")
            for n in range(1, len(parts)):
                folders.add(prefix + "/".join(parts[:n]))
            if recursive or len(parts) == 1:
                entries.append(self._entry(path, file))
        kept = folders if recursive else {f for f in folders if "/" not in f[len(prefix) :]}
        return [{"type": "directory", "path": f, "oid": "0" * 40, "size": 0} for f in sorted(kept)] + entries

    def _add(self, repo: Repo, repo_id: str, body: bytes) -> None:
        hub = self.server_hub
        tree = dict(repo.commits[-1][1])
        message = ""
        parent = json.loads(body.splitlines()[0])["value"].get("parentCommit")
        if parent is not None and parent != repo.commits[-1][0]:
            self._json({"error": "A commit has happened since. Please refresh and try again."}, 412)
            return
        for line in body.splitlines():
            entry = json.loads(line)
            key, value = entry["key"], entry["value"]
            if key == "header":
                message = value["summary"]
            elif key == "file":
                tree[value["path"]] = File(base64.b64decode(value["content"]), "")
            elif key == "lfsFile":
                if value["oid"] not in hub.objects and not hub.xet:
                    self._json({"error": f"no object {value['oid']}"}, 400)
                    return
                tree[value["path"]] = File(hub.objects.get(value["oid"], b""), value["oid"])  # Xet holds its content
            elif key == "deletedFile":
                tree.pop(value["path"])
        sha = self._commit(repo, tree, message)
        self._json({"commitUrl": f"{hub.url}/datasets/{repo_id}/commit/{sha}", "commitOid": sha, "success": True})

    @staticmethod
    def _commit(repo: Repo, tree: dict[str, File], message: str) -> str:
        names = json.dumps([(p, f.oid) for p, f in sorted(tree.items())] + [len(repo.commits)])
        sha = sha1(names.encode(), usedforsecurity=False).hexdigest()
        repo.commits.append((sha, tree, message))
        repo.ever.append((sha, tree, message))
        return sha

    def _resolve(self, repo_id: str, revision: str, path: str) -> None:
        repo = self.server_hub.repos.get(repo_id)
        found = repo.at(revision) if repo else None
        if repo is None or found is None or path not in found[1]:
            code = "RepoNotFound" if repo is None else "RevisionNotFound" if found is None else "EntryNotFound"
            self._json({"error": code}, 404, {"X-Error-Code": code, **({"X-Repo-Commit": found[0]} if found else {})})
            return
        sha, tree = found
        data, oid = tree[path].data, tree[path].lfs
        etag = f'"{oid or tree[path].oid}"'
        headers = {"X-Repo-Commit": sha, "ETag": etag, "Accept-Ranges": "bytes"}
        if oid:
            linked = {"X-Linked-Size": str(len(data)), "X-Linked-ETag": etag, "Location": self.server_hub.signed(oid)}
            self._answer(302, b"Found. Redirecting", headers | linked)
            return
        self._content(data, headers)

    def _content(self, data: bytes, headers: dict[str, str]) -> None:
        """Answer with a file, or the range of it that is asked for."""
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range") or "")
        status = 200
        if wanted and data:
            if wanted[1]:
                start, end = int(wanted[1]), min(int(wanted[2] or len(data) - 1), len(data) - 1)
            else:
                start, end = max(len(data) - int(wanted[2]), 0), len(data) - 1
            if start >= len(data):
                self._answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
                return
            headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
            data, status = data[start : end + 1], 206
        if self.command == "GET":
            self.server_hub.read_bytes += len(data)
        self._answer(status, data, headers)

    def _json(self, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        message = {"X-Error-Message": value["error"]} if isinstance(value, dict) and "error" in value else {}
        self._answer(
            status, json.dumps(value).encode(), {"Content-Type": "application/json", **message, **(headers or {})}
        )

    def _answer(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if getattr(self, "_cut", False) and len(data) > 1:
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
            return
        self.wfile.write(data)


class _Storage(_Handler):
    """The host that large files come to and from, by addresses that are signed."""

    def _admitted(self, path: str, query: dict[str, list[str]]) -> bool:
        if self.headers.get("Authorization") is not None:
            self.server_hub.leaked.append(f"{self.command} {path}")
            self._answer(400, b"Only one auth mechanism allowed")
            return False
        if query.get("X-Amz-Signature") != [_signature(path.removeprefix("/lfs/"))]:
            self._answer(403, b"SignatureDoesNotMatch")
            return False
        return True

    def _object(self, oid: str, body: bytes) -> None:
        hub = self.server_hub
        if self.command != "PUT":
            held = hub.objects.get(oid)
            self._answer(404, b"NoSuchKey") if held is None else self._content(held, {"Accept-Ranges": "bytes"})
        elif sha256(body).hexdigest() != oid:
            self._answer(400, b"another hash")
        else:
            hub.objects[oid] = body
            hub.puts[oid] += 1
            self._answer(200, b"")
