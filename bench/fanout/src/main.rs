//! Measures what it costs a server to deliver events to many connections: the hub of `sse-server`, behind hyper and by
//! `serve`, beside a server that does what most do, in the same program. `scripts/fanout` builds and runs it.

mod connection;
mod histogram;
mod load;
mod process;
mod readers;
mod report;
mod server;

use std::io;
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_setaffinity};

use report::Settings;
use server::Kind;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match act(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fanout: {error}");
            ExitCode::FAILURE
        }
    }
}

fn act(arguments: &[String]) -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            ..limit
        },
    )?;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["server", kind, threads] = words[..] {
        let kind = Kind::of_name(kind).ok_or_else(|| io::Error::other("no such server"))?;
        let threads = threads.parse().map_err(io::Error::other)?;
        if threads == 1 {
            // The readers keep off it.
            let mut first = CpuSet::new();
            first.set(0);
            sched_setaffinity(None, &first)?;
        }
        return server::run(kind, threads);
    }
    let settings = Settings::of_arguments(&words).map_err(io::Error::other)?;
    report::print(&settings)
}
