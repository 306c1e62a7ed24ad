//! Where the programs are that tests start. One that is missing fails its test, with a message that says what to do.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

/// A script of `tests/interop`.
#[must_use]
pub fn script(name: &str) -> PathBuf {
    repository().join("tests/interop").join(name)
}

/// The built command `sse-client`, from the same build profile as the test that asks.
///
/// # Panics
///
/// If it is not there: Cargo builds it for `cargo test --workspace`, but not for the tests of this package alone.
#[must_use]
pub fn sse_client() -> PathBuf {
    // The test runs from `target/PROFILE/deps`.
    let command = env::current_exe()
        .ok()
        .and_then(|test| Some(test.parent()?.parent()?.join("sse-client")))
        .unwrap_or_default();
    assert!(
        command.is_file(),
        "there is no {}; build it with `cargo build -p sse-client-cli` (with --release, if the tests have it)",
        command.display()
    );
    command
}

/// Python, with the packages of `tests/interop/requirements.txt`.
///
/// # Panics
///
/// If it is not there, or if the packages are those of another version of the file.
#[must_use]
pub fn python() -> PathBuf {
    let environment = repository().join("target/interop/venv");
    up_to_date(
        &script("requirements.txt"),
        &environment.join("requirements.txt"),
    );
    environment.join("bin/python")
}

/// The name of Node, after a look at the packages of `tests/interop/package-lock.json`.
///
/// # Panics
///
/// If the packages are not there, or are those of another version of the file.
#[must_use]
pub fn node() -> &'static str {
    up_to_date(
        &script("package-lock.json"),
        &script("node_modules/installed-lock.json"),
    );
    "node"
}

/// Checks what was installed against what is asked for.
fn up_to_date(wanted: &Path, installed: &Path) {
    let wanted = fs::read(wanted).ok();
    assert!(
        wanted.is_some() && wanted == fs::read(installed).ok(),
        "{} is missing or out of date; run scripts/setup, which installs what the tests need",
        installed.display()
    );
}
