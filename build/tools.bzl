"""Finds the tools of this machine that the rules of wasm.bzl run; downloads nothing."""

def _interlock_tools_impl(repository):
    environ = repository.os.environ
    venv = repository.path(Label("//:WORKSPACE")).dirname.get_child(".venv").get_child("bin").get_child("python")
    python = environ.get("INTERLOCK_PYTHON") or (str(venv) if venv.exists else "")
    go = environ.get("INTERLOCK_GO") or repository.which("go") or ""
    repository.file("BUILD.bazel", "")
    repository.file("tools.bzl", "PYTHON = %r\nGO = %r\n" % (python, str(go)))

interlock_tools = repository_rule(
    implementation = _interlock_tools_impl,
    doc = "PYTHON, an interpreter with the packages of build/requirements.lock: $INTERLOCK_PYTHON, or the one " +
          "that `make venv` made. GO: $INTERLOCK_GO, or the first on PATH. A tool that is missing is \"\".",
    environ = ["INTERLOCK_PYTHON", "INTERLOCK_GO", "PATH"],
    local = True,
)
