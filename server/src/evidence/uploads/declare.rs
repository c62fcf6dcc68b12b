//! Declaring files, and creating uploads: which files are wanted, and where to send them.

use std::collections::{BTreeSet, HashMap};

use anfang_protocol::{
    Code, Problem,
    blob::{Declared, Standing},
    ids::UploadId,
    limits,
    review::MEDIA_TYPES,
    sha::Sha,
};

use super::{
    Progress, Uploads, check_size, expiry,
    intake::{Body, Part},
    register::RECEIPT,
    store::{self, Known, Upload},
    tus::Metadata,
};
use crate::{auth::Actor, db::Conn, evidence::mentions::store::mark_stored, failpoint, failure::Result};

/// Times that rows are read again because somebody else made them in between.
const ATTEMPTS: usize = 3;

/// Where a client sends the bytes of an upload: a path on this server.
pub fn address(upload: UploadId) -> String {
    format!("/v1/uploads/{upload}")
}

impl Uploads {
    /// Says of each file whether the server has it, or where to send it. Asking again changes nothing.
    ///
    /// `have` is the receipt: the file is on stable storage, and this account's evidence that names it is `stored`.
    ///
    /// # Errors
    /// `too_large` when there are too many; a single file that is not wanted has its own problem.
    pub async fn declare(&self, actor: &Actor, declared: &[Declared]) -> Result<Vec<Standing>> {
        if declared.len() > limits::BLOBS_PER_DECLARATION {
            let detail = format!("{} files, at most {}", declared.len(), limits::BLOBS_PER_DECLARATION);
            return Err(Problem::new(Code::TooLarge).at("/blobs").detail(detail).into());
        }
        let mut wanted: HashMap<Sha, &Declared> = HashMap::new();
        for file in declared.iter().filter(|file| check(file).is_ok()) {
            wanted.entry(file.sha256).or_insert(file);
        }
        let shas: Vec<Sha> = wanted.keys().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let mut conn = self.db.conn().await?;
        let mut known = self.known(&mut conn, actor, &shas).await?;
        let mut full = false;
        for _ in 0..ATTEMPTS {
            let unknown =
                |sha: &&Sha| known.get(sha).is_none_or(|known| !known.have && known.upload.is_none());
            let new: Vec<Upload> =
                shas.iter().filter(unknown).map(|sha| self.upload(actor, Some(wanted[sha]), None)).collect();
            if new.is_empty() {
                break;
            }
            let room = limits::OPEN_UPLOADS_PER_DEVICE - store::open_uploads(&conn, actor).await?;
            let fit = new.len().min(usize::try_from(room).unwrap_or(0));
            full = fit < new.len();
            if fit == 0 {
                break;
            }
            if store::insert(&mut conn, actor.jurisdiction, &new[..fit], self.clock.now()).await? == fit {
                for upload in new.into_iter().take(fit) {
                    if let Some(known) = upload.sha.and_then(|sha| known.get_mut(&sha)) {
                        known.upload = Some(upload);
                    }
                }
                break;
            }
            known = self.known(&mut conn, actor, &shas).await?;
        }
        failpoint::pass("upload.declared");
        Ok(declared.iter().map(|file| standing(file, known.get(&file.sha256), full)).collect())
    }

    /// What is known of files; evidence that waits for one that is there is marked, uploads get time again.
    async fn known(&self, conn: &mut Conn, actor: &Actor, shas: &[Sha]) -> Result<HashMap<Sha, Known>> {
        let mut known: HashMap<Sha, Known> =
            shas.iter().copied().zip(store::look(conn, actor, shas).await?).collect();
        self.settle(conn, actor, &known).await?;
        let fresh = expiry(self.clock.now());
        let soon = self.clock.now() + chrono::Duration::hours(limits::UPLOAD_HOURS / 2);
        let late = |upload: &&mut Upload| upload.expires_at < soon && !upload.is_whole();
        let renewed: Vec<UploadId> = known
            .values_mut()
            .filter_map(|known| known.upload.as_mut())
            .filter(late)
            .map(|upload| {
                upload.expires_at = fresh;
                upload.id
            })
            .collect();
        if !renewed.is_empty() {
            store::renew(conn, actor, &renewed, fresh).await?;
        }
        Ok(known)
    }

    /// A receipt is about to be given: reports that still wait for the file have it from now on.
    async fn settle(&self, conn: &mut Conn, actor: &Actor, known: &HashMap<Sha, Known>) -> Result<()> {
        let mut owed: Vec<_> = known
            .iter()
            .filter(|(_, known)| known.have && known.owed)
            .map(|(sha, _)| (actor.account, *sha))
            .collect();
        if owed.is_empty() {
            return Ok(());
        }
        owed.sort();
        let places = mark_stored(conn, actor.jurisdiction, &owed).await?;
        self.bell.ring(actor.jurisdiction, &places);
        Ok(())
    }

    fn upload(&self, actor: &Actor, declared: Option<&Declared>, metadata: Option<String>) -> Upload {
        Upload {
            id: self.clock.fresh_id().into(),
            account: actor.account,
            device: actor.device,
            sha: declared.map(|file| file.sha256),
            size: declared.map_or(0, |file| file.size),
            media_type: declared.map(|file| file.media_type.clone()),
            metadata,
            held: 0,
            lease: 0,
            expires_at: expiry(self.clock.now()),
        }
    }

    /// Creates an upload as tus does, with its first bytes if there are any. The same file of the same account is
    /// the same upload; one that the server holds is an upload that is complete.
    ///
    /// # Errors
    /// `blob_empty`, `blob_too_large`, `media_not_allowed`, `size_mismatch`, `too_many_uploads`, and those of
    /// [`Uploads::append`].
    pub async fn create(
        &self,
        actor: &Actor,
        size: u64,
        metadata: Metadata,
        first: Option<(Part, Body)>,
    ) -> Result<Progress> {
        check_size(size)?;
        let now = self.clock.now();
        let mut upload = Upload {
            sha: metadata.sha256,
            size,
            media_type: metadata.media_type,
            ..self.upload(actor, None, metadata.text)
        };
        let mut conn = self.db.conn().await?;
        if let Some(sha) = upload.sha {
            let known = self.known(&mut conn, actor, &[sha]).await?.remove(&sha);
            match known {
                Some(Known { upload: Some(known), .. }) if known.size != size => {
                    return Err(Code::SizeMismatch.into());
                }
                Some(Known { have: false, upload: Some(known), .. }) => {
                    drop(conn);
                    return match first {
                        Some((part, body)) if known.held == 0 => {
                            self.append(actor, known.id, part, body).await
                        }
                        _ => Ok(known.progress()),
                    };
                }
                Some(Known { have: true, upload: Some(known), .. }) => {
                    return Ok(Upload { held: size, ..known }.progress());
                }
                Some(Known { have: true, upload: None, .. }) => {
                    upload.held = size;
                    upload.expires_at = now + RECEIPT;
                    store::insert(&mut conn, actor.jurisdiction, std::slice::from_ref(&upload), now).await?;
                    return Ok(upload.progress());
                }
                _ => {}
            }
        }
        if store::open_uploads(&conn, actor).await? >= limits::OPEN_UPLOADS_PER_DEVICE {
            return Err(too_many().into());
        }
        match first {
            Some((part, body)) => {
                drop(conn);
                self.begin(actor, upload, part, body).await
            }
            None if store::insert(&mut conn, actor.jurisdiction, std::slice::from_ref(&upload), now)
                .await?
                == 1 =>
            {
                Ok(upload.progress())
            }
            // Somebody else made it in between; a client that asks again gets that one.
            None => Err(Problem::new(Code::Unavailable).retry_after_s(1).into()),
        }
    }
}

/// Uploads end when they are whole, given up or out of time: soon, if the phone goes on with them.
fn too_many() -> Problem {
    Problem::new(Code::TooManyUploads).retry_after_s(60)
}

fn check(file: &Declared) -> Result<(), Problem> {
    check_size(file.size)?;
    match MEDIA_TYPES.contains(&file.media_type.as_str()) {
        true => Ok(()),
        false => Err(Code::MediaNotAllowed.into()),
    }
}

fn standing(file: &Declared, known: Option<&Known>, full: bool) -> Standing {
    let sha256 = file.sha256;
    let refused = |problem: Problem| Standing::Refused { sha256, problem };
    if let Err(problem) = check(file) {
        return refused(problem);
    }
    match known {
        Some(Known { have: true, .. }) => Standing::Have { sha256 },
        Some(Known { upload: Some(upload), .. }) if upload.size != file.size => {
            refused(Code::SizeMismatch.into())
        }
        Some(Known { upload: Some(upload), .. }) => Standing::Upload {
            sha256,
            upload: address(upload.id),
            offset: upload.held,
            expires_at: upload.expires_at,
        },
        _ if full => refused(too_many()),
        _ => refused(Problem::new(Code::Unavailable).retry_after_s(1)),
    }
}
