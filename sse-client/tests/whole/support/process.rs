//! Tests that need a process of their own.

use std::process::Command;

/// Runs the test of that name alone, with the environment that `prepare` sets, in a process of its own, and fails if that
/// does.
pub(crate) fn run_alone(test: &str, prepare: impl FnOnce(&mut Command)) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test]).env(ALONE, test);
    prepare(&mut command);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("1 passed"),
        "{test} is not the name of a test"
    );
}

#[cfg(feature = "tracing")]
/// Returns whether this is the process that [`run_alone`] has started.
pub(crate) fn is_alone() -> bool {
    std::env::var_os(ALONE).is_some()
}

const ALONE: &str = "SSE_CLIENT_TEST_ALONE";
