//! The network: one file over HTTP, with resume, retries and proxies.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use ureq::http::{HeaderMap, Response, header};
use ureq::tls::{PemItem, RootCerts, TlsConfig};
use ureq::{Agent, Body, Proxy};

use super::WantedFile;
use super::error::DownloadError;
use super::partial::{Notes, Partial};
use crate::progress::{Event, Observer};

/// How the network is used.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Through which proxy.
    pub proxy: Route,
    /// Certificates (PEM) to trust instead of the built-in ones, for proxies that look into TLS.
    pub certificates: Option<PathBuf>,
    /// How often in a row nothing may come before it is given up.
    pub tries: usize,
    /// The pause after the first failure; it doubles with each further one.
    pub pause: Duration,
    /// How long the server may be silent.
    pub patience: Duration,
}

/// The way to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// As ALL_PROXY, HTTPS_PROXY, HTTP_PROXY and NO_PROXY say.
    Environment,
    /// Without a proxy.
    Direct,
    /// Through the proxy with this address.
    Proxy(String),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            proxy: Route::Environment,
            certificates: None,
            tries: 5,
            pause: Duration::from_secs(1),
            patience: Duration::from_secs(60),
        }
    }
}

/// Downloads files.
pub struct Client {
    agent: Agent,
    tries: usize,
    pause: Duration,
}

/// Why one request did not bring the rest of the file.
enum Stop {
    /// Trying again may help.
    Passing(String),
    /// It would not.
    Final(DownloadError),
}

impl Client {
    /// A client. Nothing is sent yet.
    ///
    /// # Errors
    /// When the proxy's address or the file of certificates cannot be used; the text says which and why.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            // The bytes on disk have to be those that were hashed by the publisher.
            .accept_encoding("identity")
            .user_agent(concat!("evalrun/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(settings.patience))
            .timeout_recv_response(Some(settings.patience))
            .timeout_per_read(Some(settings.patience));
        config = match &settings.proxy {
            Route::Environment => config,
            Route::Direct => config.proxy(None),
            Route::Proxy(address) => {
                let parsed = Proxy::new(address).map_err(|e| format!("the proxy `{address}`: {e}"))?;
                config.proxy(Some(parsed))
            }
        };
        if let Some(path) = &settings.certificates {
            let roots = certificates(path).map_err(|e| format!("{}: {e}", path.display()))?;
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        Ok(Self {
            agent: config.build().into(),
            tries: settings.tries,
            pause: settings.pause,
        })
    }

    /// Downloads `file` into `part`, going on from what is there when the server still has the same version of it.
    pub(super) fn download(
        &self,
        file: &WantedFile,
        part: &Partial,
        watch: &dyn Observer,
    ) -> Result<(), DownloadError> {
        let mut failures = 0;
        loop {
            let before = part.length();
            let what = match self.once(file, part, watch) {
                Ok(()) => return Ok(()),
                Err(Stop::Final(error)) => return Err(error),
                Err(Stop::Passing(what)) => what,
            };
            // A connection that breaks off now and then still gets there.
            failures = if part.length() > before { 1 } else { failures + 1 };
            if failures >= self.tries {
                return Err(DownloadError::GaveUp {
                    url: file.url.clone(),
                    what,
                    tries: failures,
                    kept: part.length(),
                });
            }
            let pause = self.pause * (1 << (failures - 1).min(6));
            watch.event(Event::Note(&format!(
                "{}: {what}; trying again in {} s",
                file.name,
                pause.as_secs_f32()
            )));
            std::thread::sleep(pause);
        }
    }

    /// One request, for the whole file or for the rest of it.
    fn once(&self, file: &WantedFile, part: &Partial, watch: &dyn Observer) -> Result<(), Stop> {
        let there = part.length();
        let notes = part.notes(&file.url).filter(|_| there > 0);
        let mut request = self.agent.get(&file.url);
        if let Some(notes) = &notes {
            request = request
                .header(header::RANGE, format!("bytes={there}-"))
                .header(header::IF_RANGE, &notes.validator);
        }
        let response = request.call().map_err(|error| stop(file, error))?;
        let status = response.status().as_u16();
        let (from, total) = match status {
            200 => (0, length(response.headers())),
            206 => match range(response.headers()) {
                Some((from, total)) if from == there && notes.is_some() => (from, total),
                _ => return Err(self.start_over(part, "the server sent another part than was asked for")),
            },
            416 if notes.is_some() => {
                return Err(self.start_over(part, "the server has no more bytes than are here already"));
            }
            408 | 425 | 429 | 500.. => return Err(Stop::Passing(format!("the server answered {status}"))),
            _ => {
                let url = file.url.clone();
                return Err(Stop::Final(DownloadError::Status { url, status }));
            }
        };
        if let Some(total) = total {
            size_fits(file, total, true)?;
        }
        self.receive(response, file, part, from, total, watch)
    }

    /// Writes the body to the end of the partial file.
    fn receive(
        &self,
        response: Response<Body>,
        file: &WantedFile,
        part: &Partial,
        from: u64,
        total: Option<u64>,
        watch: &dyn Observer,
    ) -> Result<(), Stop> {
        let io = |source| {
            let path = part.path().to_owned();
            Stop::Final(DownloadError::Io { path, source })
        };
        if from == 0 {
            part.remember(notes(file, response.headers()).as_ref())
                .map_err(io)?;
        }
        let mut out = open(part, from).map_err(io)?;
        let expected = total.or(file.bytes).or(file.about).unwrap_or(0);
        let (what, unit) = (format!("download {}", file.name), "kB");
        watch.event(Event::Started {
            what: &what,
            total: kilobytes(expected),
            unit,
        });
        let (done, ended) = copy(response, &mut out, file, from, watch).map_err(|e| match e {
            Broken::Disk(e) => io(e),
            Broken::Size(stop) => stop,
        })?;
        watch.event(Event::Finished);
        out.sync_all().map_err(io)?;
        ended?;
        match total.filter(|total| done < *total) {
            Some(total) => Err(Stop::Passing(format!(
                "the transfer broke off after {done} of {total} bytes"
            ))),
            None => Ok(()),
        }
    }

    /// Throws away what is there; the next request asks for the whole file.
    fn start_over(&self, part: &Partial, why: &str) -> Stop {
        part.forget();
        let _ = std::fs::remove_file(part.path());
        Stop::Passing(format!("{why}; starting over"))
    }
}

/// Why copying was ended on this side.
enum Broken {
    Disk(std::io::Error),
    Size(Stop),
}

/// Copies a body to the end of a file that has `from` bytes; says how many it has then, and how the body ended.
fn copy(
    response: Response<Body>,
    out: &mut File,
    file: &WantedFile,
    from: u64,
    watch: &dyn Observer,
) -> Result<(u64, Result<(), Stop>), Broken> {
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; 1 << 16];
    let mut done = from;
    loop {
        match body.read(&mut buffer) {
            Ok(0) => return Ok((done, Ok(()))),
            Ok(n) => {
                out.write_all(&buffer[..n]).map_err(Broken::Disk)?;
                done += n as u64;
                size_fits(file, done, false).map_err(Broken::Size)?;
                let done = kilobytes(done);
                watch.event(Event::Advanced { done });
            }
            Err(error) => {
                let what = format!("the transfer broke off: {error}");
                return Ok((done, Err(Stop::Passing(what))));
            }
        }
    }
}

/// The partial file, ready to take byte `from` next.
fn open(part: &Partial, from: u64) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    match from {
        0 => options.create(true).write(true).truncate(true),
        _ => options.append(true),
    };
    options.open(part.path())
}

/// What a later request can go on by: a strong `ETag`, or else the time of the last change.
fn notes(file: &WantedFile, headers: &HeaderMap) -> Option<Notes> {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
    let strong = text(header::ETAG).filter(|tag| !tag.starts_with("W/"));
    let validator = strong.or_else(|| text(header::LAST_MODIFIED))?;
    Some(Notes {
        url: file.url.clone(),
        validator: validator.to_owned(),
    })
}

/// `Content-Length`.
fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The first byte and the whole length of `Content-Range: bytes 5-9/10`.
fn range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let text = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (span, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (from, _) = span.split_once('-')?;
    Some((from.trim().parse().ok()?, total.trim().parse().ok()))
}

/// A file that is not the one of the card need not be downloaded to its end.
fn size_fits(file: &WantedFile, bytes: u64, whole: bool) -> Result<(), Stop> {
    let (fits, expected) = match (file.bytes, file.about) {
        (Some(exact), _) if whole => (bytes == exact, exact.to_string()),
        (Some(exact), _) => (bytes <= exact, exact.to_string()),
        // Sizes on pages are rounded, and megabytes are of either kind.
        (None, Some(about)) => (bytes <= about + about / 4, format!("about {about}")),
        (None, None) => (true, String::new()),
    };
    if fits {
        return Ok(());
    }
    Err(Stop::Final(DownloadError::Size {
        url: file.url.clone(),
        expected,
        found: bytes,
    }))
}

/// Whether a failed request is worth repeating.
fn stop(file: &WantedFile, error: ureq::Error) -> Stop {
    let no_way = |what: String| {
        let url = file.url.clone();
        Stop::Final(DownloadError::NoWay { url, what })
    };
    let unknown = "the name of the server is not known here: no network, or only through a proxy";
    match error {
        // The system's resolver has no error kind of its own.
        ureq::Error::Io(e) if e.to_string().contains("failed to lookup address") => {
            no_way(unknown.to_owned())
        }
        ureq::Error::Io(e) => Stop::Passing(e.to_string()),
        ureq::Error::Timeout(what) => Stop::Passing(format!("no answer in time ({what})")),
        ureq::Error::ConnectionFailed => Stop::Passing("no connection".to_owned()),
        ureq::Error::HostNotFound => no_way(unknown.to_owned()),
        other => no_way(other.to_string()),
    }
}

fn kilobytes(bytes: u64) -> usize {
    usize::try_from(bytes / 1000).unwrap_or(usize::MAX)
}

fn certificates(path: &std::path::Path) -> Result<RootCerts, String> {
    let pem = std::fs::read(path).map_err(|e| e.to_string())?;
    let mut found = Vec::new();
    for item in ureq::tls::parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|e| e.to_string())? {
            found.push(certificate);
        }
    }
    match found.is_empty() {
        true => Err("no certificate in it".to_owned()),
        false => Ok(found.into()),
    }
}
