//! Finding and loading the ONNX Runtime library, once per process.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::{env, fs};

use ort::LoadDynamicError;
use ort::environment::Environment;

use crate::models::{ModelError, setup};

/// The ONNX Runtime of this process.
#[derive(Debug, Clone)]
pub struct Library {
    /// The file it was loaded from; only a name when the system's loader found it.
    pub path: PathBuf,
    /// For instance `1.32.0`.
    pub version: String,
    /// Sessions are created in it; there is one per process.
    pub(super) environment: Environment,
    /// Threads of a session; `None` is one per core.
    pub(super) threads: Option<usize>,
}

impl Library {
    /// The same library with sessions of so many threads.
    pub(in crate::models) fn on(self, threads: Option<usize>) -> Self {
        Self { threads, ..self }
    }
}

/// Where the library may be.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// Somebody put it there on purpose, so a failure to load it is an error.
    Chosen(PathBuf),
    /// Whatever the system's loader knows under the usual name; one that is too old counts as none.
    System(PathBuf),
}

/// The ONNX Runtime library: the file that `ORT_DYLIB_PATH` names and no other, else what
/// [`setup::onnxruntime`] put into `cache`, else the system's. `Err(tried)` of the inner result says where there is
/// none.
///
/// # Errors
/// When the chosen file is no usable ONNX Runtime, or another one is loaded already.
pub fn library(cache: &Path) -> Result<Result<Library, Vec<String>>, ModelError> {
    static LOADED: Mutex<Option<Library>> = Mutex::new(None);
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let place = place(env::var_os("ORT_DYLIB_PATH").map(PathBuf::from), cache);
    if let Some(library) = &*loaded {
        return match place {
            Place::Chosen(wanted) if wanted != library.path => Err(ModelError::OtherLibraryLoaded {
                wanted,
                loaded: library.path.clone(),
            }),
            _ => Ok(Ok(library.clone())),
        };
    }
    match place {
        Place::Chosen(path) => match load(&path) {
            Ok(library) => Ok(Ok(loaded.insert(library).clone())),
            Err(reason) => Err(ModelError::Library { path, reason }),
        },
        Place::System(name) => match load(&name) {
            Ok(library) => Ok(Ok(loaded.insert(library).clone())),
            Err(reason) => {
                let cached = setup::library_path(cache).map(|p| p.display().to_string());
                Ok(Err(cached.into_iter().chain([reason]).collect()))
            }
        },
    }
}

fn place(chosen: Option<PathBuf>, cache: &Path) -> Place {
    let chosen = chosen.filter(|path| !path.as_os_str().is_empty());
    let cached = || setup::library_path(cache).filter(|path| path.is_file());
    match chosen.or_else(cached) {
        Some(path) => Place::Chosen(path),
        None => {
            let (prefix, suffix) = (env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
            Place::System(format!("{prefix}onnxruntime{suffix}").into())
        }
    }
}

/// Loads the library; the error is what the loader said.
fn load(path: &Path) -> Result<Library, String> {
    if is_cut_off(path) {
        return Err("the file is incomplete".to_owned());
    }
    let builder = ort::init_from(path).map_err(|e| match &e {
        // The system's own words are one level down.
        LoadDynamicError::Dlopen { error, .. } => {
            let source = std::error::Error::source(error);
            source.map_or_else(|| e.to_string(), ToString::to_string)
        }
        _ => e.to_string(),
    })?;
    // Failures come back as errors; what else the library would write to stderr is not ours to print.
    let environment = builder
        .with_telemetry(false)
        .with_logger(Arc::new(|_, _, _, _, _| {}))
        .build()
        .map_err(|e| e.to_string())?;
    Ok(Library {
        path: path.to_owned(),
        version: version(path, ort::info()),
        environment,
        threads: None,
    })
}

/// True for an ELF file (Linux) that ends before its section table does, as after an interrupted download. The system's
/// loader does not look: it maps the file and the process dies on the missing part.
fn is_cut_off(path: &Path) -> bool {
    let mut header = [0; 64];
    let read =
        File::open(path).and_then(|mut file| file.read_exact(&mut header).and_then(|()| file.metadata()));
    let Ok(metadata) = read else { return false };
    // ELF, 64 bits, little-endian; the fields are e_shoff, e_shentsize and e_shnum.
    let number = |at: usize, bytes: usize| {
        header[at..at + bytes]
            .iter()
            .rev()
            .fold(0, |n, &b| n << 8 | u64::from(b))
    };
    let end = number(0x28, 8).saturating_add(number(0x3a, 2) * number(0x3c, 2));
    header.starts_with(b"\x7fELF\x02\x01") && metadata.len() < end
}

/// ONNX Runtime tells its version to the loader only. Files are named after it (`libonnxruntime.so.1.32.0`); where this
/// one is not, the commit in the build description has to do.
fn version(path: &Path, description: &str) -> String {
    if setup::library_in_cache().is_some_and(|kept| path.ends_with(kept)) {
        return setup::VERSION.to_owned();
    }
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = real
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let numbers = name
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .map(|part| part.trim_matches('.'));
    if let Some(version) = numbers.into_iter().find(|part| part.split('.').count() == 3) {
        return version.to_owned();
    }
    let commit = description
        .split("git-commit-id=")
        .nth(1)
        .and_then(|rest| rest.split(',').next());
    commit.map_or_else(|| description.to_owned(), |commit| format!("commit {commit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_wins_then_the_cache_then_the_system() {
        let cache = tempfile::tempdir().unwrap();
        let kept = setup::library_path(cache.path()).unwrap();
        let system = Place::System(
            format!(
                "{}onnxruntime{}",
                env::consts::DLL_PREFIX,
                env::consts::DLL_SUFFIX
            )
            .into(),
        );
        assert_eq!(place(None, cache.path()), system);
        assert_eq!(place(Some("".into()), cache.path()), system);
        fs::create_dir_all(kept.parent().unwrap()).unwrap();
        fs::write(&kept, "").unwrap();
        assert_eq!(place(None, cache.path()), Place::Chosen(kept));
        assert_eq!(
            place(Some("/my.so".into()), cache.path()),
            Place::Chosen("/my.so".into())
        );
    }

    #[test]
    fn a_file_that_is_no_library_is_an_error_not_a_crash() {
        let folder = tempfile::tempdir().unwrap();
        let bogus = folder.path().join("libonnxruntime.so");
        fs::write(&bogus, "not a library").unwrap();
        assert!(load(&bogus).unwrap_err().contains(bogus.to_str().unwrap()));
        let missing = Path::new("/nowhere/libonnxruntime.so");
        assert!(load(missing).unwrap_err().contains("/nowhere/libonnxruntime.so"));
    }

    #[cfg(all(target_os = "linux", target_pointer_width = "64", target_endian = "little"))]
    #[test]
    fn a_library_that_was_cut_off_is_never_mapped() {
        let folder = tempfile::tempdir().unwrap();
        let whole = env::current_exe().unwrap();
        let half = folder.path().join("half.so");
        let bytes = fs::read(&whole).unwrap();
        fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
        assert!(!is_cut_off(&whole));
        assert_eq!(load(&half).unwrap_err(), "the file is incomplete");
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn a_library_of_another_kind_is_an_error_too() {
        let error = load(Path::new("libm.so.6")).unwrap_err();
        assert_eq!(error, "libm.so.6 does not export `OrtGetApiBase`");
    }

    #[test]
    fn the_version_is_in_the_name_of_the_file_or_the_commit_tells() {
        let description = "ORT Build Info: git-branch=HEAD, git-commit-id=fab30a4, build type=Release";
        let version = |path: &str| version(Path::new(path), description);
        assert_eq!(version("/opt/libonnxruntime.so.1.27.1"), "1.27.1");
        assert_eq!(version("/opt/libonnxruntime.1.27.1.dylib"), "1.27.1");
        assert_eq!(
            version("/usr/lib/python3.11.7/libonnxruntime.so"),
            "commit fab30a4"
        );
        let cached = setup::library_path(Path::new("/cache")).unwrap();
        assert_eq!(version(cached.to_str().unwrap()), setup::VERSION);
    }
}
