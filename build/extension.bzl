"""What MODULE.bazel loads. Apart from tools.bzl, since Bazel before 5 does not know module_extension."""

load("//build:tools.bzl", "interlock_tools")

def _interlock_impl(_context):
    interlock_tools(name = "interlock_tools")

interlock = module_extension(implementation = _interlock_impl)
