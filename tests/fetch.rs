//! Downloads against a server on the loopback interface that misbehaves in every way that was thought of.
#![cfg(feature = "fetch")]
#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure report")]

mod server;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use evalrun::content::sha256;
use evalrun::fetch::http::{Client, Route, Settings};
use evalrun::fetch::{Fetched, Unpack, Verified, Wanted, WantedFile, fetch};
use evalrun::progress::Silent;
use server::{Server, answer, rest, whole};

const TEXT: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

fn settings() -> Settings {
    Settings {
        proxy: Route::Direct,
        pause: Duration::from_millis(1),
        tries: 3,
        patience: Duration::from_secs(5),
        ..Settings::default()
    }
}

/// A data set of one file with the text above.
fn wanted(url: String) -> Wanted {
    Wanted {
        name: "demo".to_owned(),
        files: vec![WantedFile {
            name: url.rsplit('/').next().unwrap().to_owned(),
            url,
            bytes: Some(TEXT.len() as u64),
            about: None,
            sha256: Some(sha256(TEXT)),
            md5: None,
            unpack: Unpack::Keep,
        }],
    }
}

/// Fetches it, and returns the error's text with the folder's path left out.
fn get(wanted: &Wanted, data: &Path) -> Result<Fetched, String> {
    let client = Client::new(&settings()).unwrap();
    get_with(wanted, data, Some(&client))
}

fn get_with(wanted: &Wanted, data: &Path, client: Option<&Client>) -> Result<Fetched, String> {
    fetch(wanted, data, client, &Silent).map_err(|e| {
        let text = e.to_string().replace(&data.display().to_string(), "DATA");
        // The port differs from run to run.
        let url = &wanted.files[0].url;
        let base = &url[..url.rfind('/').unwrap()];
        text.replace(base, "http://server")
    })
}

fn entries(folder: &Path) -> Vec<String> {
    let list = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = list
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Puts the beginning of the file there, as an earlier download with this `ETag` would have left it.
fn begun(data: &Path, url: &str, bytes: &[u8], etag: &str) {
    let incoming = data.join("demo.incoming");
    fs::create_dir_all(&incoming).unwrap();
    fs::write(incoming.join("a.txt.part"), bytes).unwrap();
    let notes = serde_json::json!({ "url": url, "validator": etag });
    fs::write(incoming.join("a.txt.part.json"), notes.to_string()).unwrap();
}

#[test]
fn a_file_is_downloaded_verified_and_moved_into_place_once() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| whole(TEXT, &[]));
    let wanted = wanted(server.url("a.txt"));
    let fetched = get(&wanted, data.path()).unwrap();
    assert_eq!(fs::read(data.path().join("demo/a.txt")).unwrap(), TEXT);
    assert_eq!(entries(data.path()), ["demo"]);
    assert_eq!(entries(&fetched.folder), [".fetched.json", "a.txt"]);
    assert_eq!(fetched.receipt.files[0].verified, Verified::Sha256);
    assert!(!fetched.was_there);

    let again = get(&wanted, data.path()).unwrap();
    assert!(again.was_there);
    assert_eq!(again.receipt, fetched.receipt);
    assert_eq!(server.asked().len(), 1);
    assert_eq!(server.asked()[0].header("accept-encoding"), Some("identity"));
}

#[test]
fn what_was_changed_on_disk_is_fetched_again() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| whole(TEXT, &[]));
    let wanted = wanted(server.url("a.txt"));
    get(&wanted, data.path()).unwrap();
    fs::write(data.path().join("demo/a.txt"), "edited").unwrap();
    assert!(!get(&wanted, data.path()).unwrap().was_there);
    assert_eq!(fs::read(data.path().join("demo/a.txt")).unwrap(), TEXT);
    assert_eq!(entries(data.path()), ["demo"]);
}

#[test]
fn a_partial_file_is_continued() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(|_, request| rest(TEXT, request.from().unwrap()));
    let wanted = wanted(server.url("a.txt"));
    begun(data.path(), &wanted.files[0].url, &TEXT[..10], "\"v1\"");
    get(&wanted, data.path()).unwrap();
    let asked = &server.asked()[0];
    assert_eq!(asked.header("range"), Some("bytes=10-"));
    assert_eq!(asked.header("if-range"), Some("\"v1\""));
    assert_eq!(fs::read(data.path().join("demo/a.txt")).unwrap(), TEXT);
}

#[test]
fn a_server_without_ranges_sends_everything_and_nothing_is_glued_together() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| whole(TEXT, &[]));
    let wanted = wanted(server.url("a.txt"));
    begun(data.path(), &wanted.files[0].url, b"0123456789", "\"v1\"");
    get(&wanted, data.path()).unwrap();
    assert_eq!(server.asked().len(), 1);
    assert_eq!(fs::read(data.path().join("demo/a.txt")).unwrap(), TEXT);
}

#[test]
fn a_changed_file_is_not_glued_to_the_old_one() {
    let data = tempfile::tempdir().unwrap();
    // As HTTP has it: another version than that of `If-Range` is sent whole.
    let server = Server::start(|_, request| match request.header("if-range") {
        Some("\"v2\"") => rest(TEXT, request.from().unwrap()),
        _ => whole(TEXT, &["ETag: \"v2\""]),
    });
    let wanted = wanted(server.url("a.txt"));
    begun(data.path(), &wanted.files[0].url, b"OLD VERSION", "\"v1\"");
    get(&wanted, data.path()).unwrap();
    assert_eq!(fs::read(data.path().join("demo/a.txt")).unwrap(), TEXT);
}

#[test]
fn a_part_that_nothing_tells_the_version_of_is_not_continued() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| whole(TEXT, &[]));
    let wanted = wanted(server.url("a.txt"));
    begun(data.path(), "http://elsewhere/a.txt", b"OLD", "\"v1\"");
    get(&wanted, data.path()).unwrap();
    assert_eq!(server.asked()[0].header("range"), None);
}

#[test]
fn a_server_that_sends_another_part_than_asked_for_is_asked_for_everything() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(|number, _| match number {
        0 => rest(TEXT, 3),
        _ => whole(TEXT, &[]),
    });
    let wanted = wanted(server.url("a.txt"));
    begun(data.path(), &wanted.files[0].url, &TEXT[..10], "\"v1\"");
    get(&wanted, data.path()).unwrap();
    assert_eq!(server.asked()[1].header("range"), None);
}

#[test]
fn a_part_longer_than_the_file_is_thrown_away() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(|number, _| match number {
        0 => answer("416 Range Not Satisfiable", &["Content-Length: 0"], b""),
        _ => whole(TEXT, &[]),
    });
    let wanted = wanted(server.url("a.txt"));
    begun(data.path(), &wanted.files[0].url, &[b'x'; 50], "\"v1\"");
    get(&wanted, data.path()).unwrap();
    assert_eq!(fs::read(data.path().join("demo/a.txt")).unwrap(), TEXT);
}

#[test]
fn a_body_that_breaks_off_is_continued_where_it_stopped() {
    let data = tempfile::tempdir().unwrap();
    // 12 bytes at a time, each time with the full length announced.
    let server = Server::start(|_, request| {
        let from = request.from().unwrap_or(0);
        let mut bytes = match request.from() {
            None => whole(TEXT, &["ETag: \"v1\""]),
            Some(from) => rest(TEXT, from),
        };
        let missing = TEXT.len() - (from + 12).min(TEXT.len());
        bytes.truncate(bytes.len() - missing);
        bytes
    });
    get(&wanted(server.url("a.txt")), data.path()).unwrap();
    let ranges: Vec<Option<usize>> = server.asked().iter().map(|r| r.from()).collect();
    assert_eq!(ranges, [None, Some(12), Some(24)]);
    assert_eq!(fs::read(data.path().join("demo/a.txt")).unwrap(), TEXT);
}

#[test]
fn a_busy_server_is_asked_again() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(|number, _| match number {
        0 => answer("503 Service Unavailable", &["Content-Length: 0"], b""),
        // A connection closed without an answer.
        1 => Vec::new(),
        _ => whole(TEXT, &[]),
    });
    get(&wanted(server.url("a.txt")), data.path()).unwrap();
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn a_server_that_stays_busy_is_given_up_with_the_way_out() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| answer("503 Service Unavailable", &["Content-Length: 0"], b""));
    let error = get(&wanted(server.url("a.txt")), data.path()).unwrap_err();
    let expected = format!(
        "demo: http://server/a.txt: the server answered 503 (tried 3 times; 0 bytes are kept, the next try goes on from there)
If the network is the trouble, set HTTPS_PROXY, or put this file there by hand:
  from    http://server/a.txt
  to      DATA/demo.incoming/a.txt
  bytes   36
  sha256  {}
then run `evalrun fetch demo` again",
        sha256(TEXT)
    );
    assert_eq!(error, expected);
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn a_file_that_is_gone_is_not_asked_for_twice() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| answer("404 Not Found", &["Content-Length: 0"], b""));
    let error = get(&wanted(server.url("a.txt")), data.path()).unwrap_err();
    assert_eq!(
        error.lines().next(),
        Some(
            "demo: http://server/a.txt: the server answered 404: the file is not, or no longer, at this address; \
             look for it on the project's page and correct the card"
        )
    );
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_server_that_nobody_knows_is_not_asked_again() {
    let data = tempfile::tempdir().unwrap();
    let error = get(&wanted("http://data.invalid/a.txt".to_owned()), data.path()).unwrap_err();
    assert_eq!(
        error.lines().next(),
        Some(
            "demo: http://server/a.txt: the name of the server is not known here: no network, or only through a proxy"
        )
    );
}

#[test]
fn a_wrong_file_is_kept_aside_and_never_used() {
    let data = tempfile::tempdir().unwrap();
    let other = TEXT.to_ascii_uppercase();
    let sent = other.clone();
    let server = Server::start(move |_, _| whole(&sent, &[]));
    let error = get(&wanted(server.url("a.txt")), data.path()).unwrap_err();
    let expected = format!(
        "a.txt: SHA-256: the card says {}, this file has {}. It is kept as `DATA/demo.incoming/a.txt.wrong` and not \
         used; get the file again, and if it is the same again, the publisher has changed it: compare with the \
         project's page before you correct the card",
        sha256(TEXT),
        sha256(&other)
    );
    assert_eq!(error, expected);
    assert_eq!(entries(data.path()), ["demo.incoming"]);
    assert_eq!(
        entries(&data.path().join("demo.incoming")),
        [".lock", "a.txt.wrong"]
    );
}

#[test]
fn a_file_of_another_size_is_stopped_before_it_is_downloaded() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| whole(&[b'x'; 1000], &[]));
    let error = get(&wanted(server.url("a.txt")), data.path()).unwrap_err();
    assert_eq!(
        error.lines().next(),
        Some(
            "demo: http://server/a.txt: the server has 1000 bytes, the card says 36; the card or the address is \
             outdated"
        )
    );
}

#[test]
fn an_md5_is_checked_and_a_card_without_a_hash_verifies_nothing() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| whole(b"abc", &[]));
    let mut wanted = wanted(server.url("a.txt"));
    let file = &mut wanted.files[0];
    (file.bytes, file.about, file.sha256) = (None, Some(3), None);
    let fetched = get(&wanted, data.path()).unwrap();
    assert_eq!(fetched.receipt.files[0].verified, Verified::No);
    assert_eq!(fetched.receipt.files[0].sha256, sha256(b"abc"));

    // The card got a hash: what lies there is held against it.
    wanted.files[0].md5 = Some("900150983cd24fb0d6963f7d28e17f72".to_owned());
    assert!(get(&wanted, data.path()).unwrap().was_there);
    wanted.files[0].md5 = Some("0".repeat(32));
    let error = get(&wanted, data.path()).unwrap_err();
    assert!(
        error.starts_with("a.txt: MD5: the card says 00000000000000000000000000000000, this file has 9001"),
        "{error}"
    );
    // What was there stays until something better is.
    assert_eq!(fs::read(data.path().join("demo/a.txt")).unwrap(), b"abc");
}

#[test]
fn a_proxy_is_asked_for_a_server_that_only_it_knows() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| whole(TEXT, &[]));
    let proxy = server.proxy();
    let settings = Settings {
        proxy: Route::Proxy(proxy.url("")),
        ..settings()
    };
    let client = Client::new(&settings).unwrap();
    let wanted = wanted("http://data.invalid/a.txt".to_owned());
    get_with(&wanted, data.path(), Some(&client)).unwrap();
    assert_eq!(proxy.asked()[0].line, "CONNECT data.invalid:80 HTTP/1.1");
    assert_eq!(server.asked()[0].header("host"), Some("data.invalid"));

    let settings = Settings {
        proxy: Route::Proxy("no proxy".to_owned()),
        ..settings
    };
    let error = Client::new(&settings).err().unwrap();
    assert!(error.starts_with("the proxy `no proxy`: "), "{error}");
}

#[test]
fn offline_says_what_to_put_where_and_takes_it_from_there() {
    let data = tempfile::tempdir().unwrap();
    let wanted = wanted("http://data.invalid/a.txt".to_owned());
    let offline = || get_with(&wanted, data.path(), None);
    let expected = format!(
        "demo: nothing was downloaded. Put this file there by hand:
  from    http://server/a.txt
  to      DATA/demo.incoming/a.txt
  bytes   36
  sha256  {}
then run `evalrun fetch demo` again",
        sha256(TEXT)
    );
    assert_eq!(offline().unwrap_err(), expected);
    fs::write(data.path().join("demo.incoming/a.txt"), TEXT).unwrap();
    let fetched = offline().unwrap();
    assert_eq!(fetched.receipt.files[0].verified, Verified::Sha256);
    assert_eq!(fs::read(data.path().join("demo/a.txt")).unwrap(), TEXT);
    assert!(offline().unwrap().was_there);
}

#[test]
fn a_folder_that_was_not_fetched_is_left_alone() {
    let data = tempfile::tempdir().unwrap();
    fs::create_dir(data.path().join("demo")).unwrap();
    fs::write(data.path().join("demo/corpus.jsonl"), "mine").unwrap();
    let wanted = wanted("http://data.invalid/a.txt".to_owned());
    assert_eq!(
        get_with(&wanted, data.path(), None).unwrap_err(),
        "DATA/demo: this folder was not made by `evalrun fetch`; move it away, or name it in the spec by its path"
    );
    assert_eq!(
        fs::read_to_string(data.path().join("demo/corpus.jsonl")).unwrap(),
        "mine"
    );
}

/// A data set of one archive that lies there already, unpacked offline.
fn unpack(name: &str, bytes: &[u8], unpack: Unpack) -> Result<Vec<String>, String> {
    let data = tempfile::tempdir().unwrap();
    let mut wanted = wanted(format!("http://data.invalid/{name}"));
    let file = &mut wanted.files[0];
    (file.bytes, file.sha256, file.unpack) = (None, Some(sha256(bytes)), unpack);
    let incoming = data.path().join("demo.incoming");
    fs::create_dir_all(&incoming).unwrap();
    fs::write(incoming.join(name), bytes).unwrap();
    let result = get_with(&wanted, data.path(), None);
    let contents = |f: Fetched| f.receipt.contents.into_iter().map(|c| c.path).collect();
    if result.is_err() {
        assert_eq!(entries(data.path()), ["demo.incoming"], "nothing half-made stays");
    }
    result.map(contents)
}

fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, body) in entries {
        zip.start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(body).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn tar_of(entries: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, kind, body) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_size(body.len() as u64);
        if kind.is_symlink() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        // Written past the check of names that the builder makes.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, *body).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

#[test]
fn archives_of_every_kind_are_unpacked() {
    let zip = zip_of(&[("demo/corpus.jsonl", b"a"), ("demo/qrels/test.tsv", b"b")]);
    let expected = ["demo/corpus.jsonl", "demo/qrels/test.tsv"];
    assert_eq!(unpack("a.zip", &zip, Unpack::Zip).unwrap(), expected);
    let tar = tar_of(&[
        ("demo/", tar::EntryType::Directory, b""),
        ("demo/vectors.npy", tar::EntryType::Regular, b"a"),
    ]);
    assert_eq!(unpack("a.tar", &tar, Unpack::Tar).unwrap(), ["demo/vectors.npy"]);
    assert_eq!(
        unpack("a.tgz", &gz(&tar), Unpack::Tar).unwrap(),
        ["demo/vectors.npy"]
    );
    assert_eq!(unpack("a.txt.gz", &gz(TEXT), Unpack::Gz).unwrap(), ["a.txt"]);
}

#[test]
fn entries_outside_the_folder_links_and_repeats_are_refused() {
    let outside = "would be written outside the data set's folder; the archive is not to be trusted";
    let zip = zip_of(&[("ok.txt", b"a"), ("../evil.txt", b"b")]);
    assert_eq!(
        unpack("a.zip", &zip, Unpack::Zip).unwrap_err(),
        format!("DATA/demo.incoming/a.zip: the entry `../evil.txt` {outside}")
    );
    let tar = tar_of(&[("/etc/evil", tar::EntryType::Regular, b"b")]);
    assert_eq!(
        unpack("a.tar", &tar, Unpack::Tar).unwrap_err(),
        format!("DATA/demo.incoming/a.tar: the entry `/etc/evil` {outside}")
    );
    let tar = tar_of(&[("link", tar::EntryType::Symlink, b"")]);
    assert_eq!(
        unpack("a.tar", &tar, Unpack::Tar).unwrap_err(),
        "DATA/demo.incoming/a.tar: the entry `link` is a link, which no data set needs; the archive is not to be \
         trusted"
    );
    let twice = ("a", tar::EntryType::Regular, b"1".as_slice());
    assert_eq!(
        unpack("a.tar", &tar_of(&[twice, twice]), Unpack::Tar).unwrap_err(),
        "DATA/demo.incoming/a.tar: the file `a` comes twice"
    );
}

#[test]
fn an_archive_that_swells_is_stopped_and_a_damaged_one_is_named() {
    let bomb = gz(&vec![0; 17 << 20]);
    assert_eq!(
        unpack("a.txt.gz", &bomb, Unpack::Gz).unwrap_err(),
        "DATA/demo.incoming/a.txt.gz: more than 16777216 bytes come out of it, 20 times its size; the archive is \
         not to be trusted"
    );
    let error = unpack("a.zip", b"no archive", Unpack::Zip).unwrap_err();
    assert!(
        error.starts_with("DATA/demo.incoming/a.zip: not a sound zip archive: "),
        "{error}"
    );
}
