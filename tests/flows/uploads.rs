//! Files on their way in: declared, cut off, resumed, fought over, refused.

use std::time::Duration;

use anfang_protocol::{
    Code,
    blob::{Declared, Standing},
    sha::Sha,
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use reqwest::{Method, StatusCode};

use crate::harness::{
    Server, Speaker,
    chance::noise,
    server::shared,
    tus::{Link, header, offset, problem},
};

#[tokio::test]
async fn a_declared_file_is_taken_in_and_given_back() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let photo = noise(1, 200_000);
    let upload = phone.place(&photo).await;
    assert_eq!(phone.place(&photo).await, upload, "declaring again is the same upload");
    assert_eq!(phone.download(Sha::of(&photo)).await, None);

    let done = phone.patch(&upload, 0, &photo).await;
    assert_eq!(done.status(), StatusCode::NO_CONTENT);
    assert_eq!(offset(&done), 200_000);
    assert_eq!(phone.declare(&photo, "image/jpeg").await, Standing::Have { sha256: Sha::of(&photo) });
    assert_eq!(phone.download(Sha::of(&photo)).await, Some(photo.clone()));
    assert_eq!(
        phone.stands_at(&upload).await,
        200_000,
        "a client that lost the answer learns that it is whole"
    );
    assert_eq!(phone.patch(&upload, 200_000, b"").await.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn the_hash_alone_gives_nobody_a_file() {
    let server = Server::start().await;
    let (owner, thief) =
        (Speaker::sign_in(&server, "inspector1").await, Speaker::sign_in(&server, "inspector2").await);
    let photo = noise(2, 50_000);
    assert_eq!(owner.upload(&photo, "image/jpeg").await, StatusCode::NO_CONTENT);
    let upload = thief.place(&photo).await;
    assert_eq!(thief.download(Sha::of(&photo)).await, None);
    // Nor does an upload that only claims to be nearly done.
    assert_eq!(thief.patch(&upload, 49_999, &photo[49_999..]).await.status(), StatusCode::CONFLICT);
    assert_eq!(thief.patch(&upload, 0, &photo).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(thief.download(Sha::of(&photo)).await, Some(photo));
}

/// What stock clients and conformance suites send, and what they expect.
#[tokio::test]
async fn tus_as_the_standard_says() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    for path in ["/v1/uploads", "/v1/uploads/0198c7a0-0000-7000-8000-000000000000"] {
        let options =
            phone.http.request(Method::OPTIONS, format!("{}{path}", phone.base)).send().await.unwrap();
        assert_eq!(options.status(), StatusCode::NO_CONTENT);
        assert_eq!(header(&options, "tus-version"), "1.0.0");
        assert_eq!(header(&options, "tus-max-size"), "536870912");
        assert_eq!(header(&options, "tus-checksum-algorithm"), "sha1,sha256");
        for extension in ["creation", "creation-with-upload", "checksum", "expiration", "termination"] {
            assert!(header(&options, "tus-extension").split(',').any(|e| e == extension));
        }
    }
    let photo = noise(3, 1000);
    let upload = phone.place(&photo).await;
    let absent = "/v1/uploads/0198c7a0-0000-7000-8000-000000000000";
    const STREAM: &str = "application/offset+octet-stream";
    type Headers = &'static [(&'static str, &'static str)];
    #[rustfmt::skip]
    let cases: &[(&str, Method, &str, Headers, u16)] = &[
        ("no version", Method::PATCH, &upload, &[("upload-offset", "0"), ("content-type", STREAM)], 412),
        ("other version", Method::PATCH, &upload, &[("tus-resumable", "0.2.2"), ("upload-offset", "0"), ("content-type", STREAM)], 412),
        ("other version", Method::HEAD, &upload, &[("tus-resumable", "2.0.0")], 412),
        ("other version", Method::POST, "/v1/uploads", &[("tus-resumable", "0.1"), ("upload-length", "5")], 412),
        ("content type", Method::PATCH, &upload, &[("tus-resumable", "1.0.0"), ("upload-offset", "0"), ("content-type", "text/plain")], 415),
        ("no content type", Method::PATCH, &upload, &[("tus-resumable", "1.0.0"), ("upload-offset", "0")], 415),
        ("no offset", Method::PATCH, &upload, &[("tus-resumable", "1.0.0"), ("content-type", STREAM)], 422),
        ("negative offset", Method::PATCH, &upload, &[("tus-resumable", "1.0.0"), ("upload-offset", "-1"), ("content-type", STREAM)], 422),
        ("wrong offset", Method::PATCH, &upload, &[("tus-resumable", "1.0.0"), ("upload-offset", "7"), ("content-type", STREAM)], 409),
        ("unknown upload", Method::PATCH, absent, &[("tus-resumable", "1.0.0"), ("upload-offset", "0"), ("content-type", STREAM)], 404),
        ("unknown upload", Method::HEAD, absent, &[("tus-resumable", "1.0.0")], 404),
        ("unknown upload", Method::DELETE, absent, &[("tus-resumable", "1.0.0")], 404),
        ("no id at all", Method::HEAD, "/v1/uploads/x", &[("tus-resumable", "1.0.0")], 404),
        ("unknown checksum", Method::PATCH, &upload, &[("tus-resumable", "1.0.0"), ("upload-offset", "0"), ("content-type", STREAM), ("upload-checksum", "md5 1B2M2Y8AsgTpgAmY7PhCfg==")], 400),
        ("no length", Method::POST, "/v1/uploads", &[("tus-resumable", "1.0.0")], 422),
        ("deferred length", Method::POST, "/v1/uploads", &[("tus-resumable", "1.0.0"), ("upload-defer-length", "1")], 422),
        ("empty", Method::POST, "/v1/uploads", &[("tus-resumable", "1.0.0"), ("upload-length", "0")], 422),
        ("too large", Method::POST, "/v1/uploads", &[("tus-resumable", "1.0.0"), ("upload-length", "536870913")], 413),
        ("absurdly large", Method::POST, "/v1/uploads", &[("tus-resumable", "1.0.0"), ("upload-length", "18446744073709551615")], 413),
        ("bad metadata", Method::POST, "/v1/uploads", &[("tus-resumable", "1.0.0"), ("upload-length", "5"), ("upload-metadata", "a !")], 422),
        ("empty metadata, as tuspy sends", Method::POST, "/v1/uploads", &[("tus-resumable", "1.0.0"), ("upload-length", "5"), ("upload-metadata", "")], 201),
        ("octet stream without bytes, as aiotus sends", Method::POST, "/v1/uploads", &[("tus-resumable", "1.0.0"), ("upload-length", "5"), ("content-type", "application/octet-stream")], 201),
        ("override", Method::POST, &upload, &[("tus-resumable", "1.0.0"), ("x-http-method-override", "HEAD")], 200),
        ("no override", Method::POST, &upload, &[("tus-resumable", "1.0.0")], 405),
    ];
    for (name, method, path, headers, expected) in cases {
        let mut request = phone.request(method.clone(), path);
        for (key, value) in *headers {
            request = request.header(*key, *value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), *expected, "{name}: {method} {path}");
        assert_eq!(header(&response, "tus-resumable"), "1.0.0", "{name}");
        if *expected == 412 {
            assert_eq!(header(&response, "tus-version"), "1.0.0");
        }
    }
    assert_eq!(phone.stands_at(&upload).await, 0, "none of it changed anything");
    let stranger = reqwest::Client::new();
    for (method, path) in
        [(Method::POST, "/v1/uploads"), (Method::HEAD, upload.as_str()), (Method::PATCH, &upload)]
    {
        let response = stranger.request(method, format!("{}{path}", phone.base)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_stock_client_creates_sends_asks_and_gives_up() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let other = Speaker::sign_in(&server, "inspector2").await;
    let photo = noise(4, 30_000);
    let create = phone
        .tus(Method::POST, "/v1/uploads")
        .header("upload-length", photo.len().to_string())
        .header("upload-metadata", "filename cGhvdG8uanBn,is_confidential");
    let created = create.send().await.unwrap();
    assert_eq!(created.status(), StatusCode::CREATED);
    let upload = header(&created, "location").to_owned();
    assert!(header(&created, "upload-expires").ends_with("GMT"));

    let head = phone.tus(Method::HEAD, &upload).send().await.unwrap();
    assert_eq!(header(&head, "upload-length"), "30000");
    assert_eq!(header(&head, "cache-control"), "no-store");
    assert_eq!(header(&head, "upload-metadata"), "filename cGhvdG8uanBn,is_confidential");
    assert_eq!(phone.patch(&upload, 0, &photo[..10_000]).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(phone.stands_at(&upload).await, 10_000);
    for method in [Method::HEAD, Method::PATCH, Method::DELETE] {
        let request = other
            .tus(method, &upload)
            .header("upload-offset", "10000")
            .header("content-type", "application/offset+octet-stream");
        assert_eq!(request.send().await.unwrap().status(), StatusCode::NOT_FOUND, "somebody else's");
    }
    let done = phone.patch(&upload, 10_000, &photo[10_000..]).await;
    assert_eq!((done.status(), offset(&done)), (StatusCode::NO_CONTENT, 30_000));
    assert_eq!(phone.download(Sha::of(&photo)).await, Some(photo));

    let again = noise(5, 30_000);
    let upload = phone.place(&again).await;
    phone.patch(&upload, 0, &again[..5]).await;
    assert_eq!(phone.give_up(&upload).await, StatusCode::NO_CONTENT);
    assert_eq!(phone.give_up(&upload).await, StatusCode::NOT_FOUND);
    let fresh = phone.place(&again).await;
    assert_ne!(fresh, upload);
    assert_eq!(phone.stands_at(&fresh).await, 0);
}

#[tokio::test]
async fn creation_may_bring_the_bytes() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let photo = noise(6, 200_000);
    let create = |photo: &[u8], sent: &[u8]| {
        phone
            .tus(Method::POST, "/v1/uploads")
            .header("upload-length", photo.len().to_string())
            .header("upload-metadata", format!("sha256 {}", BASE64.encode(Sha::of(photo).to_string())))
            .header("content-type", "application/offset+octet-stream")
            .body(sent.to_vec())
    };
    let created = create(&photo, &photo).send().await.unwrap();
    assert_eq!((created.status(), offset(&created)), (StatusCode::CREATED, 200_000));
    assert_eq!(phone.stands_at(header(&created, "location")).await, 200_000);
    assert_eq!(phone.download(Sha::of(&photo)).await, Some(photo.clone()));
    let again = create(&photo, &photo).send().await.unwrap();
    assert_eq!(
        (again.status(), offset(&again)),
        (StatusCode::CREATED, 200_000),
        "a lost answer costs nothing"
    );

    let part = noise(7, 100_000);
    let created = create(&part, &part[..40_000]).send().await.unwrap();
    assert_eq!((created.status(), offset(&created)), (StatusCode::CREATED, 40_000));
    let upload = header(&created, "location").to_owned();
    assert_eq!(phone.place(&part).await, upload, "declaring finds it");
    let again = create(&part, &part).send().await.unwrap();
    assert_eq!(
        (again.status(), offset(&again)),
        (StatusCode::CREATED, 40_000),
        "what is held is not sent again"
    );
    assert_eq!(header(&again, "location"), upload);
    assert_eq!(phone.patch(&upload, 40_000, &part[40_000..]).await.status(), StatusCode::NO_CONTENT);

    let wrong = create(&noise(8, 1000), &noise(9, 1000)).send().await.unwrap();
    assert!(problem(wrong).await.is(Code::HashMismatch));
    let gif = b"GIF89a and then a long story about frames and loops and colours, longer than a head".to_vec();
    assert!(problem(create(&gif, &gif).send().await.unwrap()).await.is(Code::MediaNotAllowed));
}

#[tokio::test]
async fn a_part_with_a_wrong_sum_does_not_count() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let photo = noise(10, 10_000);
    let upload = phone.place(&photo).await;
    let sum = |bytes: &[u8]| format!("sha256 {}", BASE64.encode(Sha::of(bytes).0));
    let send = |from: usize, bytes: &[u8], sum: String| {
        phone.part(&upload, from as u64, bytes).header("upload-checksum", sum).send()
    };
    assert_eq!(send(0, &photo[..4000], sum(&photo[..4000])).await.unwrap().status(), StatusCode::NO_CONTENT);
    let refused = send(4000, &photo[4000..7000], sum(b"other")).await.unwrap();
    assert_eq!(refused.status().as_u16(), 460);
    assert_eq!(phone.stands_at(&upload).await, 4000);
    let refused = send(4000, &photo[4000..], "sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=".into()).await.unwrap();
    assert_eq!(refused.status().as_u16(), 460, "the last part, too");
    assert_eq!(phone.stands_at(&upload).await, 4000);
    assert_eq!(
        send(4000, &photo[4000..], sum(&photo[4000..])).await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(phone.download(Sha::of(&photo)).await, Some(photo));
}

#[tokio::test]
async fn bytes_with_another_hash_are_dropped() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let (photo, wrong) = (noise(11, 20_000), noise(12, 20_000));
    let upload = phone.place(&photo).await;
    let refused = phone.patch(&upload, 0, &wrong).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem(refused).await.is(Code::HashMismatch));
    assert_eq!(phone.stands_at(&upload).await, 0);
    assert_eq!((phone.download(Sha::of(&photo)).await, phone.download(Sha::of(&wrong)).await), (None, None));
    // One wrong byte in the middle, found although the parts came apart.
    let mut flipped = photo.clone();
    flipped[15_000] ^= 1;
    assert_eq!(phone.patch(&upload, 0, &flipped[..10_000]).await.status(), StatusCode::NO_CONTENT);
    assert!(problem(phone.patch(&upload, 10_000, &flipped[10_000..]).await).await.is(Code::HashMismatch));
    assert_eq!(phone.patch(&upload, 0, &photo).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(phone.download(Sha::of(&photo)).await, Some(photo));
}

#[tokio::test]
async fn what_is_too_much_or_nothing_is_refused() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let file = |n: u64, size: u64, media_type: &str| Declared {
        sha256: Sha::of(&n.to_le_bytes()),
        size,
        media_type: media_type.into(),
    };
    let answers = phone
        .declare_all(vec![
            file(1, 0, "image/jpeg"),
            file(2, 512 * 1024 * 1024 + 1, "image/jpeg"),
            file(3, 10, "image/gif"),
            file(4, 10, "image/jpeg"),
            file(4, 11, "image/jpeg"),
        ])
        .await;
    let code = |standing: &Standing| match standing {
        Standing::Refused { problem, .. } => problem.code(),
        _ => None,
    };
    let expected = [
        Some(Code::BlobEmpty),
        Some(Code::BlobTooLarge),
        Some(Code::MediaNotAllowed),
        None,
        Some(Code::SizeMismatch),
    ];
    assert_eq!(answers.iter().map(code).collect::<Vec<_>>(), expected);
    // More bytes than the upload has.
    let photo = noise(13, 1000);
    let upload = phone.place(&photo).await;
    assert_eq!(phone.patch(&upload, 0, &noise(13, 1001)).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(phone.stands_at(&upload).await, 0);
    // More uploads than a device may have open.
    let mut open = 2;
    for batch in 0..3 {
        let files = (0..200).map(|n| file(1000 + batch * 200 + n, 10, "image/jpeg")).collect();
        for standing in phone.declare_all(files).await {
            match standing {
                Standing::Upload { .. } => open += 1,
                refused => assert_eq!(code(&refused), Some(Code::TooManyUploads)),
            }
        }
    }
    assert_eq!(open, 500);
    let created = phone.tus(Method::POST, "/v1/uploads").header("upload-length", "5").send().await.unwrap();
    assert_eq!(created.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(created.headers()["retry-after"], "60");
    let too_many = (0..201).map(|n| file(n, 10, "image/jpeg")).collect::<Vec<_>>();
    let body = serde_json::json!({ "blobs": too_many });
    let refused = phone.request(Method::POST, "/v1/blobs").json(&body).send().await.unwrap();
    assert!(problem(refused).await.is(Code::TooLarge));
}

/// Names that some systems have fallen for; here they travel back as they came, or are refused.
#[tokio::test]
async fn hostile_names_are_inert() {
    let Some(shared) = shared() else { return };
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let text = std::fs::read_to_string(shared.join("hostile/hostile_names.json")).unwrap();
    let names: Vec<Box<serde_json::value::RawValue>> = serde_json::from_str(&text).unwrap();
    assert!(names.len() > 10);
    let mut kept = 0;
    for (n, name) in names.iter().enumerate() {
        // An unpaired surrogate has no UTF-8; a careless encoder writes three bytes for it.
        let bytes =
            serde_json::from_str::<String>(name.get()).map_or(vec![0xed, 0xa0, 0x80], String::into_bytes);
        let photo = noise(1000 + n as u64, 600);
        let metadata =
            format!("filename {},sha256 {}", BASE64.encode(&bytes), BASE64.encode(Sha::of(&photo).0));
        let create = phone.tus(Method::POST, "/v1/uploads").header("upload-length", "600");
        let created = create.header("upload-metadata", &metadata).send().await.unwrap();
        let text = std::str::from_utf8(&bytes);
        if text.is_ok_and(|text| !text.contains('\0')) && metadata.len() <= 4096 {
            assert_eq!(created.status(), StatusCode::CREATED, "{name}");
            let upload = header(&created, "location").to_owned();
            let head = phone.tus(Method::HEAD, &upload).send().await.unwrap();
            assert_eq!(header(&head, "upload-metadata"), metadata);
            assert_eq!(phone.patch(&upload, 0, &photo).await.status(), StatusCode::NO_CONTENT);
            let download = phone.get(&format!("/v1/blobs/{}", Sha::of(&photo))).await;
            let disposition = format!("attachment; filename=\"{}.jpg\"", Sha::of(&photo));
            assert_eq!(header(&download, "content-disposition"), disposition);
            kept += 1;
        } else {
            assert_eq!(created.status(), StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        }
    }
    assert!(kept > 5, "most names are merely strange");
    let names = walk(server.data());
    let ours = |name: &String| name.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let strange: Vec<_> = names.iter().filter(|name| !ours(name)).collect();
    assert!(strange.is_empty(), "only the server's own names are in its folders: {strange:?}");
}

/// Names of files below `blobs` and `uploads`.
fn walk(data: &std::path::Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = vec![data.join("blobs"), data.join("uploads")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.path().is_dir() {
                true => folders.push(entry.path()),
                false => names.push(entry.file_name().to_string_lossy().into_owned()),
            }
        }
    }
    names
}

#[tokio::test]
async fn one_byte_at_a_time_is_fine() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let photo = noise(14, 3000);
    let upload = phone.place(&photo).await;
    let mut link = Link::open(&phone).await;
    let mut request = Link::head(&phone, &upload, 0, "Content-Length: 3000\r\n").into_bytes();
    request.extend_from_slice(&photo);
    for byte in &request {
        link.send(std::slice::from_ref(byte)).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(link.status().await, 204);
    assert_eq!(phone.download(Sha::of(&photo)).await, Some(photo.clone()));
    // In a hundred thousand chunks of one byte each, too.
    let photo = noise(15, 100_000);
    let upload = phone.place(&photo).await;
    let mut link = Link::open(&phone).await;
    link.send(Link::head(&phone, &upload, 0, "Transfer-Encoding: chunked\r\n").as_bytes()).await;
    for byte in &photo {
        link.send(&[b'1', b'\r', b'\n', *byte, b'\r', b'\n']).await;
    }
    link.send(b"0\r\n\r\n").await;
    assert_eq!(link.status().await, 204);
    assert_eq!(phone.download(Sha::of(&photo)).await, Some(photo));
}

#[tokio::test]
async fn photos_by_the_hundred_at_once() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let photos: Vec<_> = (0..100).map(|n| noise(2000 + n, 20_000)).collect();
    let sent = futures::future::join_all(photos.iter().map(|photo| phone.upload(photo, "image/jpeg"))).await;
    assert!(sent.iter().all(|status| *status == StatusCode::NO_CONTENT), "{sent:?}");
    for photo in &photos {
        assert_eq!(phone.download(Sha::of(photo)).await.as_ref(), Some(photo));
    }
    let held = walk(server.data()).len();
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert!(held >= 100, "{held}");
}
