//! Fetches the ONNX Runtime library: `evalrun setup onnxruntime`.
//!
//! The library comes from the Python package `onnxruntime`, through pip, because pip knows the user's mirrors and
//! proxies and checks hashes. Version and hash are pinned here, and the wheel is the same for every Python
//! that may happen to be installed: only its C library is used.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::{env, fs};

/// The ONNX Runtime version that [`onnxruntime`] installs.
pub const VERSION: &str = "1.32.0";

/// A wheel that was looked at: its library and its hash are known.
struct Wheel {
    os: &'static str,
    arch: &'static str,
    platform: &'static str,
    library: &'static str,
    sha256: &'static str,
}

/// The wheels for CPython 3.12, one per platform.
const WHEELS: [Wheel; 4] = [
    Wheel {
        os: "linux",
        arch: "x86_64",
        platform: "manylinux_2_28_x86_64",
        library: "libonnxruntime.so.1.32.0",
        sha256: "99e1074c4b2197accd5073052a465361be17b89c093b8ffb6e6bd8f986c52df8",
    },
    Wheel {
        os: "linux",
        arch: "aarch64",
        platform: "manylinux_2_28_aarch64",
        library: "libonnxruntime.so.1.32.0",
        sha256: "e36c187006e7a7c8b8d6d57f1a209dd63f52430dca6c282b177718ad6b841054",
    },
    Wheel {
        os: "macos",
        arch: "aarch64",
        platform: "macosx_14_0_arm64",
        library: "libonnxruntime.1.32.0.dylib",
        sha256: "d52510bbbcc880c13b826f7d75cdf33ac5cf0bb864d960000fc29ce73f0cb83e",
    },
    Wheel {
        os: "windows",
        arch: "x86_64",
        platform: "win_amd64",
        library: "onnxruntime.dll",
        sha256: "efe7456952c243a05a53d5b8732953625144642c2f3989094277f6217f0c0c40",
    },
];

/// What [`onnxruntime`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The library was there already.
    Present(PathBuf),
    /// The library was fetched.
    Installed(PathBuf),
}

/// Why ONNX Runtime could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// No wheel is known for this platform.
    #[error(
        "no ONNX Runtime wheel is known for {os} on {arch}; install the library yourself and set ORT_DYLIB_PATH"
    )]
    Platform {
        /// Operating system.
        os: &'static str,
        /// Processor.
        arch: &'static str,
    },
    /// Python could not be started.
    #[error(
        "{python}: {source}; install Python 3 with pip, or set ORT_DYLIB_PATH to a library you already have"
    )]
    Python {
        /// The program that was tried.
        python: String,
        /// What the system said.
        source: io::Error,
    },
    /// pip said no.
    #[error("`{python} -m pip install` failed: {output}")]
    Pip {
        /// The program that ran it.
        python: String,
        /// The end of what pip said.
        output: String,
    },
    /// The package was installed and has no library in it.
    #[error("{0}: the installed package does not hold this library")]
    NoLibrary(PathBuf),
    /// A file or folder of the cache.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Where [`onnxruntime`] puts the library below `cache`; `None` when no wheel is known for the platform.
pub fn library_path(cache: &Path) -> Option<PathBuf> {
    library_in_cache().map(|library| cache.join(library))
}

/// The library's path relative to the cache folder.
pub(super) fn library_in_cache() -> Option<PathBuf> {
    let wheel = Wheel::for_this_machine()?;
    Some(
        Path::new("onnxruntime")
            .join(VERSION)
            .join(wheel.library_in_package()),
    )
}

/// Installs ONNX Runtime [`VERSION`] (about 28 MB to fetch, 80 MB on disk) below `cache`, unless it is there. `python`
/// is the program to run, usually `python3`.
///
/// The package appears under its final name only when it is complete, so an interrupted setup leaves nothing behind
/// that looks finished.
pub fn onnxruntime(cache: &Path, python: &OsStr) -> Result<Outcome, SetupError> {
    let wheel = Wheel::for_this_machine().ok_or(SetupError::Platform {
        os: env::consts::OS,
        arch: env::consts::ARCH,
    })?;
    let base = cache.join("onnxruntime");
    let home = base.join(VERSION);
    let library = home.join(wheel.library_in_package());
    if library.is_file() {
        return Ok(Outcome::Present(library));
    }
    let partial = Partial::new(base.join(format!(".partial-{}", process::id())))?;
    wheel.install(&partial.0, python)?;
    let fetched = partial.0.join(wheel.library_in_package());
    if !fetched.is_file() {
        return Err(SetupError::NoLibrary(fetched));
    }
    // A leftover without its library, or another process that was faster: either way ours is complete.
    let moved = remove(&home).and_then(|()| fs::rename(&partial.0, &home));
    match moved {
        Err(_) if library.is_file() => Ok(Outcome::Present(library)),
        Err(source) => Err(SetupError::Io { path: home, source }),
        Ok(()) => Ok(Outcome::Installed(library)),
    }
}

impl Wheel {
    fn for_this_machine() -> Option<&'static Self> {
        // The Linux wheels need glibc.
        let known = !cfg!(target_env = "musl");
        let fits = |w: &&Self| known && w.os == env::consts::OS && w.arch == env::consts::ARCH;
        WHEELS.iter().find(fits)
    }

    fn library_in_package(&self) -> PathBuf {
        ["onnxruntime", "capi", self.library].iter().collect()
    }

    /// Runs pip so that `target` holds the unpacked package.
    fn install(&self, target: &Path, python: &OsStr) -> Result<(), SetupError> {
        let requirements = target.join("requirements.txt");
        let pinned = format!("onnxruntime=={VERSION} --hash=sha256:{}\n", self.sha256);
        fs::write(&requirements, pinned).map_err(|source| SetupError::Io {
            path: requirements.clone(),
            source,
        })?;
        let name = python.to_string_lossy().into_owned();
        let mut pip = Command::new(python);
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-input",
            "--disable-pip-version-check",
        ])
        .args([
            "--no-deps",
            "--require-hashes",
            "--only-binary=:all:",
            "--platform",
            self.platform,
        ])
        .args([
            "--implementation",
            "cp",
            "--python-version",
            "3.12",
            "--abi",
            "cp312",
        ])
        .arg("--target")
        .arg(target)
        .arg("--requirement")
        .arg(&requirements);
        let output = pip.output().map_err(|source| SetupError::Python {
            python: name.clone(),
            source,
        })?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let end: Vec<&str> = said.trim().lines().rev().take(5).collect();
        let end: Vec<&str> = end.into_iter().rev().collect();
        Err(SetupError::Pip {
            python: name,
            output: end.join("\n"),
        })
    }
}

/// A folder that is removed unless it was renamed.
struct Partial(PathBuf);

impl Partial {
    fn new(path: PathBuf) -> Result<Self, SetupError> {
        let made = remove(&path).and_then(|()| fs::create_dir_all(&path));
        match made {
            Ok(()) => Ok(Self(path)),
            Err(source) => Err(SetupError::Io { path, source }),
        }
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Nothing can be done about a failure here, and the next setup tries again.
        let _ = remove(&self.0);
    }
}

/// Removes a folder that may not be there.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(all(test, unix))]
#[expect(clippy::unwrap_used, reason = "in a test a panic is the failure report")]
mod tests {
    use super::*;

    /// A stand-in for Python that runs `script`. Another process writes it: a file that this one still has open for
    /// writing while a parallel test forks could not be started.
    fn python(folder: &Path, script: &str) -> PathBuf {
        let path = folder.join("python");
        let write = r#"printf '#!/bin/sh\n%s\n' "$1" > "$2" && chmod +x "$2""#;
        let status = Command::new("sh")
            .args(["-c", write, "sh", script])
            .arg(&path)
            .status()
            .unwrap();
        assert!(status.success());
        path
    }

    fn entries(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    #[test]
    fn a_good_install_is_moved_into_place_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let library = library_path(&cache).unwrap();
        let name = library.file_name().unwrap().to_str().unwrap();
        let script = format!(
            r#"while [ "$1" != --target ]; do shift; done
               mkdir -p "$2/onnxruntime/capi" && echo lib > "$2/onnxruntime/capi/{name}"
               grep -q 'onnxruntime=={VERSION} --hash=sha256:' "$4""#
        );
        let python = python(folder.path(), &script);
        assert_eq!(
            onnxruntime(&cache, python.as_os_str()).unwrap(),
            Outcome::Installed(library.clone())
        );
        assert_eq!(fs::read_to_string(&library).unwrap(), "lib\n");
        assert_eq!(entries(&cache.join("onnxruntime")), [VERSION]);
        // The second time Python is not even started.
        assert_eq!(
            onnxruntime(&cache, OsStr::new("/no/python")).unwrap(),
            Outcome::Present(library)
        );
    }

    #[test]
    fn a_failing_pip_is_quoted_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let python = python(folder.path(), "echo 'No module named pip' >&2; exit 1");
        let error = onnxruntime(folder.path(), python.as_os_str()).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("-m pip install` failed: No module named pip"),
            "{error}"
        );
        assert_eq!(entries(&folder.path().join("onnxruntime")), Vec::<String>::new());
    }

    #[test]
    fn a_missing_python_names_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let error = onnxruntime(folder.path(), OsStr::new("/no/python")).unwrap_err();
        assert!(error.to_string().starts_with("/no/python: "), "{error}");
        assert!(error.to_string().contains("ORT_DYLIB_PATH"), "{error}");
    }

    #[test]
    fn a_package_without_the_library_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let python = python(folder.path(), "exit 0");
        let error = onnxruntime(folder.path(), python.as_os_str()).unwrap_err();
        assert!(matches!(error, SetupError::NoLibrary(_)), "{error}");
        assert_eq!(entries(&folder.path().join("onnxruntime")), Vec::<String>::new());
    }
}
