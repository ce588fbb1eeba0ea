"""Modules, and programs that are bundled with theirs.

    load("//build:wasm.bzl", "wasm_library")

    wasm_library(
        name = "gate",
        srcs = ["gate.c", "//wasm_modules:runtime"],
        contract = "contract.yaml",
        proto = "acme/gate/v1/gate.proto",
    )

The actions run the project's own build/wasm_action.py, so a module has the bytes that `make modules`
gives it. Nothing is downloaded: the tools are those that build/tools.bzl found. Bazel 4.2 and newer.
"""

load("@interlock_tools//:tools.bzl", "GO", "PYTHON")

_TOOLS = {
    "_action": attr.label(default = "//build:wasm_action.py", allow_single_file = True),
    "_tools": attr.label(default = "//build:tools"),
}

def _python():
    if not PYTHON:
        fail("no Python with the project's tools: run `make venv`, or set INTERLOCK_PYTHON")
    return PYTHON

def _python_path(action_path):
    """The folders to import from, where the action lies at action_path."""
    root = action_path[:-len("build/wasm_action.py")]
    return ":".join([root + folder for folder in ["build", "host", "bindings/python"]])

def _wasm_library_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".wasm")
    protos = [ctx.file.proto] + ctx.files.imports
    arguments = ctx.actions.args()
    arguments.add_all(["-P", ctx.file._action, "build"])
    arguments.add("--name", ctx.label.name)
    arguments.add("--contract", ctx.file.contract)
    arguments.add("--proto", ctx.file.proto)
    arguments.add("--out", out)
    arguments.add_all([file for file in ctx.files.srcs if file.extension == "c"])
    ctx.actions.run(
        executable = _python(),
        arguments = [arguments],
        inputs = depset(ctx.files.srcs + protos + [ctx.file.contract], transitive = [ctx.attr._tools.files]),
        outputs = [out],
        env = {"PYTHONPATH": _python_path(ctx.file._action.path), "PYTHONDONTWRITEBYTECODE": "1"},
        mnemonic = "WasmLibrary",
        progress_message = "Building module " + ctx.label.name,
    )
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles([out]))]

wasm_library = rule(
    implementation = _wasm_library_impl,
    doc = "<name>.wasm: C, compiled with the pinned zig and packed with its contract and descriptors.",
    attrs = dict(
        _TOOLS,
        srcs = attr.label_list(allow_files = [".c", ".h"], mandatory = True),
        contract = attr.label(allow_single_file = [".yaml"], mandatory = True),
        proto = attr.label(
            allow_single_file = [".proto"],
            mandatory = True,
            doc = "Declares the module's service, in the folder that its package says.",
        ),
        imports = attr.label_list(allow_files = [".proto"], default = ["//protos:shared"]),
    ),
)

def _wasm_validate_test_impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name)
    action, module = ctx.file._action.short_path, ctx.file.module.short_path
    ctx.actions.write(script, is_executable = True, content = """#!/bin/sh
export PYTHONPATH='{path}' PYTHONDONTWRITEBYTECODE=1
exec '{python}' -P '{action}' validate '{module}'
""".format(path = _python_path(action), python = _python(), action = action, module = module))
    runfiles = ctx.runfiles([ctx.file.module, ctx.file._action], transitive_files = ctx.attr._tools.files)
    return [DefaultInfo(executable = script, runfiles = runfiles)]

wasm_validate_test = rule(
    implementation = _wasm_validate_test_impl,
    doc = "Passes if `module` is valid WebAssembly of the features that every host runs, and packed.",
    attrs = dict(_TOOLS, module = attr.label(allow_single_file = [".wasm"], mandatory = True)),
    test = True,
)

def _copy(ctx, file, path):
    out = ctx.actions.declare_file(path)
    ctx.actions.run_shell(
        command = 'cp "$1" "$2"',
        arguments = [file.path, out.path],
        inputs = [file],
        outputs = [out],
        mnemonic = "WasmBundle",
    )
    return out

def _inside(ctx, file):
    """A source's path in the bundle: relative to its package, or, from another package, to the root."""
    prefix = ctx.label.package + "/"
    return file.short_path[len(prefix):] if file.short_path.startswith(prefix) else file.short_path

def _py_wasm_binary_impl(ctx):
    bundle = ctx.label.name + ".bundle/"
    files = [_copy(ctx, file, bundle + _inside(ctx, file)) for file in depset([ctx.file.main] + ctx.files.srcs).to_list()]
    files += [_copy(ctx, file, bundle + "modules/" + file.basename) for file in ctx.files.modules]
    launcher = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(launcher, is_executable = True, content = """#!/bin/sh
export WASM_MODULES="$0.bundle/modules"
exec "${{INTERLOCK_PYTHON:-{python}}}" "$0.bundle/{main}" "$@"
""".format(python = _python(), main = _inside(ctx, ctx.file.main)))
    return [DefaultInfo(executable = launcher, files = depset([launcher] + files), runfiles = ctx.runfiles(files))]

py_wasm_binary = rule(
    implementation = _py_wasm_binary_impl,
    doc = "<name>, which runs `main`, and <name>.bundle beside it: the sources, and modules/ with the modules, " +
          "a folder that the program finds in $WASM_MODULES. $INTERLOCK_PYTHON is another interpreter to run it.",
    attrs = {
        "main": attr.label(allow_single_file = [".py"], mandatory = True),
        "srcs": attr.label_list(allow_files = True),
        "modules": attr.label_list(allow_files = [".wasm"]),
    },
    executable = True,
)

def _go_wasm_binary_impl(ctx):
    if not GO:
        fail("Go is missing: put it on PATH, or set INTERLOCK_GO")
    out = ctx.actions.declare_file(ctx.label.name)
    command = """set -e
out=$PWD/$1 go=$2; mkdir -p "$1.scratch/modules"; cd "$1.scratch"; trap 'rm -rf "$OLDPWD/$1.scratch"' EXIT
export HOME=$PWD GOCACHE=$PWD/.cache GOPROXY=off GOFLAGS=-mod=mod GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0
"""
    command += "\n".join(["cp \"$OLDPWD/%s\" ." % file.path for file in [ctx.file.go_mod] + ctx.files.srcs])
    command += "\n" + "\n".join(["cp \"$OLDPWD/%s\" modules/" % file.path for file in ctx.files.modules])
    command += '\n"$go" build -trimpath -buildvcs=false -o "$out" .\n'
    ctx.actions.run_shell(
        command = command,
        arguments = [out.path, GO],
        inputs = ctx.files.srcs + ctx.files.modules + [ctx.file.go_mod],
        outputs = [out],
        mnemonic = "GoWasmBinary",
        progress_message = "Building Go program " + ctx.label.name,
    )
    return [DefaultInfo(executable = out)]

_go_wasm_binary = rule(
    implementation = _go_wasm_binary_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = True, mandatory = True),
        "go_mod": attr.label(allow_single_file = True, mandatory = True),
        "modules": attr.label_list(allow_files = [".wasm"]),
    },
    executable = True,
)

def go_wasm_binary(name, tags = [], **attributes):
    """One Go package, with its modules in modules/ for `//go:embed modules/*.wasm`.

    Built by the machine's Go, with the standard library only: an action has no network. Where there is no Go,
    `//...` leaves it out.

    Args:
      name: the program.
      tags: as everywhere.
      **attributes: srcs, go_mod, modules, visibility.
    """
    _go_wasm_binary(name = name, tags = tags + ([] if GO else ["manual"]), **attributes)
