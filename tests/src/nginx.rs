//! [`Nginx`]: Debian's nginx with a configuration of the test's own, as a plain process in a directory of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Signal, geteuid};

use crate::port::Port;
use crate::prerequisites::repository;
use crate::program::{Output, Program};

/// An nginx that listens on a free port. Ends, with its workers, when dropped.
#[derive(Debug)]
pub struct Nginx {
    program: Option<Program>,
    directory: PathBuf,
    port: Port,
}

impl Nginx {
    /// Starts it with these directives inside `server { }`.
    ///
    /// # Panics
    ///
    /// If it cannot be started, or does not say that it is ready.
    #[must_use]
    pub fn start(server: &str) -> Self {
        let port = Port::take();
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let directory = repository().join(format!(
            "target/interop/nginx-{}-{next}",
            std::process::id()
        ));
        fs::create_dir_all(&directory)
            .and_then(|()| {
                fs::write(
                    directory.join("nginx.conf"),
                    configuration(server, port.number()),
                )
            })
            .unwrap_or_else(|error| panic!("cannot write to {}: {error}", directory.display()));
        let mut nginx = Self {
            program: None,
            directory,
            port,
        };
        nginx.start_again();
        nginx
    }

    /// Returns the URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port.number())
    }

    /// Reads the configuration again: new workers take over, the old ones finish what they have.
    ///
    /// # Panics
    ///
    /// If the new workers do not start.
    pub fn reload(&mut self) {
        let Some(program) = &mut self.program else {
            panic!("nginx does not run");
        };
        program.signal(Signal::HUP);
        program.line_with(Output::Stderr, STARTED);
    }

    /// Ends it at once, without waiting for requests to finish.
    pub fn stop(&mut self) {
        // By SIGKILL its workers would stay behind.
        if let Some(program) = self.program.take() {
            program.terminate();
        }
    }

    /// Starts it after [`stop`](Self::stop), on the same port.
    ///
    /// # Panics
    ///
    /// If it does not say that it is ready.
    pub fn start_again(&mut self) {
        let path = ["/usr/sbin/nginx", "/usr/bin/nginx"]
            .into_iter()
            .find(|path| Path::new(path).exists())
            .unwrap_or("nginx");
        let directory = self.directory.to_string_lossy();
        let mut program =
            Program::start(path, ["-p", &directory, "-c", "nginx.conf", "-e", "stderr"]);
        // It listens before it starts its workers.
        program.line_with(Output::Stderr, STARTED);
        self.program = Some(program);
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        if let Some(program) = self.program.take() {
            program.terminate();
        }
        // What stays behind if this fails lies in `target`.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// The whole configuration. Nothing in it is about buffering, so that the defaults hold.
fn configuration(server: &str, port: u16) -> String {
    // Workers of a master that runs as root run as somebody else by default, who has no access to this directory.
    let user = if geteuid().is_root() {
        "user root;"
    } else {
        ""
    };
    format!(
        "{user}
load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr notice;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen 127.0.0.1:{port};
        {server}
    }}
}}
"
    )
}

/// What it says when a worker runs.
const STARTED: &str = "start worker process ";

/// The number of the next directory.
static NEXT: AtomicU32 = AtomicU32::new(0);
