//! [`FileStore`]: keeps the cursor of one stream in a file.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use fs4::{FileExt, TryLockError};

use crate::cursor::{CursorFuture, CursorStore};

/// A cursor store in a file, for one stream: what it holds is either the old last event ID or the new one, whenever the process
/// or the machine dies.
///
/// The file is replaced as a whole, and synchronized to the disk, with each acknowledgement; that takes milliseconds, so with
/// many events a second acknowledge every hundredth. It holds the stream's URL, without credentials but with its query, and
/// nobody but its owner can read it (on Unix). It refuses to serve another URL than that.
///
/// Beside it lies another file, of the same name with `.lock` at the end, which is locked as long as this lives, so that no two
/// processes work on one cursor.
///
/// # Examples
///
/// ```no_run
/// use futures_util::TryStreamExt;
/// use sse_client::{EventSource, FileStore};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let mut events = EventSource::builder("https://example.com/stream")
///     .cursor_store(FileStore::open("stream.cursor")?)
///     .build()?;
/// while let Some(event) = events.try_next().await? {
///     println!("{}", event.data());
///     events.acknowledge(&event).await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FileStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    /// How many acknowledgements have begun.
    begun: AtomicU64,
    /// The number of the newest one that was written. One at a time, whoever acknowledges.
    written: Mutex<u64>,
    /// Locked as long as it is open.
    _lock: File,
}

impl FileStore {
    /// Opens the store in a file, which need not exist, and locks it.
    ///
    /// # Errors
    ///
    /// If the lock's file cannot be written, or, with the kind [`io::ErrorKind::WouldBlock`], if it is locked already.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let lock_path = beside(&path, ".lock");
        let lock = private().open(&lock_path)?;
        lock_for(&path, &lock)?;
        let inner = Inner {
            path,
            begun: AtomicU64::new(0),
            written: Mutex::new(0),
            _lock: lock,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }
}

impl CursorStore for FileStore {
    fn load<'a>(&'a self, stream: &'a str) -> CursorFuture<'a, Option<String>> {
        let (inner, stream) = (Arc::clone(&self.inner), stream.to_owned());
        Box::pin(async move {
            let loaded = tokio::task::spawn_blocking(move || inner.load(&stream)).await?;
            Ok(loaded?)
        })
    }

    fn save<'a>(&'a self, stream: &'a str, last_event_id: &'a str) -> CursorFuture<'a, ()> {
        let (inner, stream) = (Arc::clone(&self.inner), stream.to_owned());
        let id = last_event_id.to_owned();
        let number = inner.begin();
        Box::pin(async move {
            let save = move || inner.save(number, &stream, &id);
            let saved = tokio::task::spawn_blocking(save).await?;
            Ok(saved?)
        })
    }
}

impl Inner {
    fn load(&self, stream: &str) -> io::Result<Option<String>> {
        let path = self.path.display();
        let invalid = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut lines = text.split('\n');
        let lines = (lines.next(), lines.next(), lines.next(), lines.next());
        let (Some(HEAD), Some(saved_stream), Some(id), Some("")) = lines else {
            return Err(invalid(format!("{path} is not a cursor of this program")));
        };
        if saved_stream != stream {
            // Without its query, which may hold a secret.
            let shown = saved_stream.split('?').next().unwrap_or_default();
            return Err(invalid(format!(
                "{path} is the cursor of another stream, {shown}; give each stream a file of its own"
            )));
        }
        Ok(Some(id.to_owned()))
    }

    /// Returns the number of a new acknowledgement.
    fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn save(&self, number: u64, stream: &str, id: &str) -> io::Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        // An acknowledgement that nobody waits for any more goes on in its thread, and must not undo a later one.
        if *written > number {
            return Ok(());
        }
        let new = beside(&self.path, ".new");
        let mut file = private().truncate(true).open(&new)?;
        file.write_all(format!("{HEAD}\n{stream}\n{id}\n").as_bytes())?;
        file.sync_all()?;
        drop(file);
        fs::rename(&new, &self.path)?;
        *written = number;
        sync_folder(&self.path)
    }
}

/// Locks a file, or says that the cursor is in use.
fn lock_for(path: &Path, lock: &File) -> io::Result<()> {
    // By the trait's name, since newer versions of Rust have a method of the same name.
    match FileExt::try_lock(lock) {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(io::Error::new(
            io::ErrorKind::WouldBlock,
            format!("the cursor {} is in use already", path.display()),
        )),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// The options of a file that is its owner's alone.
fn private() -> OpenOptions {
    let mut options = File::options();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Sees to it that a renamed file is found under its new name, if the machine loses its power now.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// The path with something at its end.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// The first line.
const HEAD: &str = "sse-client cursor 1";

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://host/stream?query";

    fn saved(store: &FileStore) -> io::Result<Option<String>> {
        store.inner.load(URL)
    }

    fn save(store: &FileStore, stream: &str, id: &str) -> io::Result<()> {
        store.inner.save(store.inner.begin(), stream, id)
    }

    #[test]
    fn an_acknowledgement_that_is_late_does_not_undo_a_later_one() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::open(folder.path().join("cursor")).unwrap();
        let (first, second) = (store.inner.begin(), store.inner.begin());
        store.inner.save(second, URL, "2").unwrap();
        store.inner.save(first, URL, "1").unwrap();
        assert_eq!(saved(&store).unwrap().as_deref(), Some("2"));
    }

    #[test]
    fn what_was_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cursor");
        let store = FileStore::open(&path).unwrap();
        assert_eq!(saved(&store).unwrap(), None);
        for id in ["1", "", "\u{fc}n\u{ef} \u{1}"] {
            save(&store, URL, id).unwrap();
            assert_eq!(saved(&store).unwrap().as_deref(), Some(id));
        }
        drop(store);
        let store = FileStore::open(&path).unwrap();
        assert_eq!(
            saved(&store).unwrap().as_deref(),
            Some("\u{fc}n\u{ef} \u{1}")
        );
    }

    #[test]
    fn another_urls_cursor_is_refused_without_its_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::open(folder.path().join("cursor")).unwrap();
        save(&store, "http://other/?token=secret", "1").unwrap();
        let text = saved(&store).unwrap_err().to_string();
        assert!(
            text.contains("http://other/") && !text.contains("secret"),
            "{text}"
        );
    }

    #[test]
    fn what_is_no_cursor_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cursor");
        for text in [
            "",
            "1",
            "sse-client cursor 1\nhttp://host/stream?query\n1",
            "a\nb\nc\n",
        ] {
            fs::write(&path, text).unwrap();
            let store = FileStore::open(&path).unwrap();
            let error = saved(&store).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{text}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn a_cursor_is_locked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cursor");
        let store = FileStore::open(&path).unwrap();
        let error = FileStore::open(&path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        drop(store);
        FileStore::open(&path).unwrap();
    }

    #[test]
    #[cfg(unix)]
    fn a_cursor_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cursor");
        let store = FileStore::open(&path).unwrap();
        save(&store, URL, "1").unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
