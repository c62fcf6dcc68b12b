//! Every refusal: its code, its HTTP status, its title in two languages (RFC 9457).
//!
//! Codes are vocabulary of the protocol: clients switch on `type`, and a code never changes its meaning.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$meta:meta])* $variant:ident = $slug:literal, $status:literal, $en:literal, $zh:literal;)+) => {
        /// Why something was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[$meta])* $variant,)+ }

        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$variant,)+];

            pub fn slug(self) -> &'static str {
                match self { $(Code::$variant => $slug,)+ }
            }

            /// HTTP status when the refusal is the whole answer.
            pub fn status(self) -> u16 {
                match self { $(Code::$variant => $status,)+ }
            }

            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $en,)+ }
            }

            pub fn title_zh(self) -> &'static str {
                match self { $(Code::$variant => $zh,)+ }
            }
        }
    };
}

codes! {
    // The request itself
    NotJson = "not_json", 400, "The body is not JSON", "请求内容不是有效的 JSON";
    TooDeep = "too_deep", 400, "The body is nested too deeply", "请求内容嵌套过深";
    RequestInvalid = "request_invalid", 422, "The request does not have the form described", "请求格式不符合说明";
    TooLarge = "too_large", 413, "The body is larger than allowed", "请求内容超过大小限制";
    WrongContentType = "wrong_content_type", 415, "The content type is not the one expected here", "内容类型不正确";
    VersionUnknown = "version_unknown", 400, "The server does not speak this protocol version", "服务器不支持此协议版本";
    NotFound = "not_found", 404, "There is nothing here for you", "未找到";
    MethodNotAllowed = "method_not_allowed", 405, "This method is not for this address", "此地址不支持该方法";
    TooManyRequests = "too_many_requests", 429, "Too many requests; wait and try again", "请求过于频繁，请稍后再试";
    Unavailable = "unavailable", 503, "The server cannot do this now; try again", "服务器暂时无法处理，请稍后重试";
    Internal = "internal", 500, "The server failed; it was logged", "服务器内部错误，已记录";
    StorageFull = "storage_full", 507, "The server has no space left; nothing was stored", "服务器存储空间不足，内容未保存";

    // Who speaks
    SignInRequired = "sign_in_required", 401, "Sign in first", "请先登录";
    TokenInvalid = "token_invalid", 401, "The access token is not valid; refresh it or sign in", "访问令牌无效，请刷新或重新登录";
    CredentialsWrong = "credentials_wrong", 401, "The account or the password is wrong", "账号或密码错误";
    AccountDisabled = "account_disabled", 403, "The account is disabled or not confirmed; ask the administrator", "账号已停用或未激活，请联系管理员";
    RefreshReused = "refresh_reused", 401, "The refresh token was used before; the sign-in is ended, sign in again", "刷新令牌已被使用，登录已终止，请重新登录";
    ProofInvalid = "proof_invalid", 401, "The device's signature is missing or wrong", "设备签名缺失或错误";
    DeviceRevoked = "device_revoked", 401, "The device was revoked; enrol it again", "设备已被撤销，请重新登记";
    EnrolmentRequired = "enrolment_required", 403, "Enrol the device first", "请先登记设备";
    ClientTooOld = "client_too_old", 403, "The client is too old to pull; it may still push. Update it", "客户端版本过旧，只能上传，请更新";
    NotAllowed = "not_allowed", 403, "Your role does not allow this", "您的权限不允许此操作";
    PasswordUnsuitable = "password_unsuitable", 422, "The new password is too short, too long, or the login itself; choose another", "新密码过短、过长或与账号相同，请另选";
    ScopeTooFine = "scope_too_fine", 422, "A role is granted over a township or a larger area; grant the township, or the village's unit", "授权范围不能小于乡镇，请授权乡镇或该村的责任单位";
    ScopeUnsuitable = "scope_unsuitable", 422, "This role cannot be held over such a scope; see docs/authority.txt", "该角色不能授予此类范围";

    // Commands
    CommandUnreadable = "command_unreadable", 422, "The command has no readable id or envelope", "命令缺少可识别的编号";
    CommandTooLarge = "command_too_large", 413, "The command is larger than allowed; split it", "命令过大，请拆分";
    CommandInvalid = "command_invalid", 422, "The command's body does not have the form described", "命令内容格式错误";
    CommandTypeUnknown = "command_type_unknown", 422, "The server does not know this type of command", "未知的命令类型";
    CommandForbidden = "command_forbidden", 403, "You may not do this to this item", "您无权对此对象执行该操作";
    TooManyCommands = "too_many_commands", 413, "More commands than allowed in one push; send fewer", "一次推送的命令过多";
    IdReused = "id_reused", 409, "This command id was used for another content; send a new command", "命令编号已用于其他内容，请使用新编号";
    ItemExists = "item_exists", 409, "An item with this id exists already; use a new id", "该编号的对象已存在，请使用新编号";
    ItemMoved = "item_moved", 409, "The item has moved on; look at its present state and decide", "该对象状态已变化，请查看后再决定";
    PredecessorUnknown = "predecessor_unknown", 409, "The command this one follows has not arrived; send it first", "前一条命令尚未到达，请先发送";
    PredecessorRefused = "predecessor_refused", 409, "The command this one follows was refused; settle that first", "前一条命令被拒绝，请先处理";
    ItemUnknown = "item_unknown", 404, "The server does not hold this item for you; send what creates it first", "服务器上没有您可操作的该对象，请先发送创建命令";
    TryAgain = "try_again", 503, "The server could not decide now; send the command again", "服务器暂时无法处理此命令，请重发";

    // Inspections
    SiteUnknown = "site_unknown", 422, "There is no such site in your areas", "您的负责范围内没有该点位";
    PlanUnknown = "plan_unknown", 422, "There is no such plan for you", "没有该暗访任务";
    ChecklistUnknown = "checklist_unknown", 422, "There is no such version of the checklist", "没有该版本的检查表";
    ChecklistTwice = "checklist_twice", 422, "The checklist is answered twice in one report", "同一检查表重复填写";
    ItemCodeUnknown = "item_code_unknown", 422, "The checklist version has no item with this code", "检查表中没有该检查项";
    ItemNotForSite = "item_not_for_site", 422, "The item does not apply to this kind of site", "该检查项不适用于此类点位";
    AnswerTwice = "answer_twice", 422, "The item is answered twice", "同一检查项重复作答";
    AnswerWrongType = "answer_wrong_type", 422, "The answer is not of the item's type", "答案类型与检查项不符";
    AnswerOutOfRange = "answer_out_of_range", 422, "The number is outside the item's limits, or the choice is none of its options", "答案超出允许范围";
    TimesImpossible = "times_impossible", 422, "The departure lies before the arrival", "离开时间早于到达时间";
    PositionInvalid = "position_invalid", 422, "A position is not on the globe", "位置坐标无效";
    EvidenceUnknown = "evidence_unknown", 422, "A finding or answer names evidence that the report does not list", "引用了报告中未列出的证据";
    EvidenceInvalid = "evidence_invalid", 422, "The evidence's size or media type is not allowed", "证据的大小或类型不允许";
    DuplicateId = "duplicate_id", 422, "An id stands twice in one report, or is in use already", "编号重复";
    TextInvalid = "text_invalid", 422, "A text is empty, too long, or has a character that no text may have", "文本为空、过长或含有不允许的字符";
    TooManyParts = "too_many_parts", 422, "The report has more parts of a kind than allowed", "报告中某类内容数量超限";
    InspectionVoided = "inspection_voided", 409, "The inspection was voided; it can no longer be changed", "该暗访记录已作废，不能再修改";
    QuestionUnknown = "question_unknown", 422, "Nobody asked this about the inspection; pull, then answer what is asked there", "该暗访记录没有这条追问，请同步后再答复";

    // Items of the ledger. Each says what to do instead.
    NotHandedOver = "not_handed_over", 409, "The item is not handed over yet; wait until the supervisor hands it over", "该事项尚未交办，请等待督查办交办";
    HandedOverAlready = "handed_over_already", 409, "The item is with a unit already; reassign it instead", "该事项已交办，如需变更请改派";
    NotAcknowledged = "not_acknowledged", 409, "The item is not signed for; sign for it first", "该事项尚未签收，请先签收";
    AcknowledgedAlready = "acknowledged_already", 409, "The item is signed for; go on with the work, or ask for an extension or a reassignment", "该事项已签收，请继续整改，或申请延期、请督查办改派";
    NotAnswered = "not_answered", 409, "There is no answer to verify; wait for the unit's answer", "责任单位尚未报验，请等待其报验";
    AnsweredAlready = "answered_already", 409, "The item is answered; look at the answer there is, wait for the verification, or answer again upon it", "该事项已报验，请查看已有报告，等待验收或在其基础上重新报验";
    AcceptedAlready = "accepted_already", 409, "The answer is accepted; close the item, or return it with the reasons", "该报告已验收通过，请办理销号或说明理由退回";
    ItemSuspended = "item_suspended", 409, "The item is suspended; a supervisor must resume it first", "该事项已挂账，请先由督查办恢复办理";
    NotSuspended = "not_suspended", 409, "The item is not suspended; go on as its stage allows", "该事项未挂账，请按当前状态继续办理";
    ItemClosed = "item_closed", 409, "The item is closed; if the trouble is back, reopen it after a look-back", "该事项已销号，如问题反弹请在回头看后重新打开";
    NotClosed = "not_closed", 409, "The item is not closed; verify and close it first", "该事项尚未销号，请先验收并销号";
    ItemCancelled = "item_cancelled", 409, "The item is cancelled; if the trouble is there, list it anew", "该事项已撤销，如问题仍在请重新列入";
    ItemDeclined = "item_declined", 409, "The unit declined the item; a supervisor must reassign it", "责任单位已退单，请等待督查办改派";
    ItemReopened = "item_reopened", 409, "The item was reopened; a supervisor must hand it over again", "该事项已反弹，请等待督查办重新交办";
    NotYourUnit = "not_your_unit", 403, "The item is with another unit; ask the supervisor if it should be yours", "该事项由其他单位负责，如应由本单位办理，请联系督查办";
    VerifierOfUnit = "verifier_of_unit", 403, "You belong to the unit that fixed it, or answered yourself; another group must verify", "您属于整改单位或参与了整改，请由其他验收组验收";
    VerifierNotAssigned = "verifier_not_assigned", 403, "The verification is assigned to others; ask the supervisor to assign you", "该事项已指派其他人员验收，如需参与请联系督查办指派";
    NotAccepted = "not_accepted", 409, "The answer is not accepted yet; verify it first, then close", "报告尚未验收通过，请先验收再销号";
    AfterPhotoMissing = "after_photo_missing", 409, "No after-photo has arrived whole; wait until one has, or return the item", "尚无完整上传的整改后照片，请等待上传完成，或退回该事项";
    ExtensionTooLate = "extension_too_late", 409, "The deadline has passed; finish and answer, or ask the supervisor to suspend the item", "期限已过，不能再申请延期，请尽快报验或请督查办挂账";
    ExtensionPending = "extension_pending", 409, "An extension is asked for already; wait for the decision", "已提交延期申请，请等待批复";
    NoExtension = "no_extension", 409, "No extension waits for a decision; nothing is to be done, or set a deadline by reassigning", "没有待批复的延期申请，请核对，或通过改派重设期限";
    DeadlineNotLater = "deadline_not_later", 422, "The new deadline is not later than the present one; choose a later day", "新期限不晚于现有期限，请选择更晚的日期";
    DateNotAhead = "date_not_ahead", 422, "The day does not lie ahead; choose a later one", "所选日期不在今后，请选择更晚的日期";
    DateTooFar = "date_too_far", 422, "The day or the number of days lies too far ahead; choose a nearer one", "所选日期或天数过远，请选择更近的日期";
    NoFindings = "no_findings", 422, "An item needs a finding; name one, or note the problem with its source", "事项至少需要一个问题，请选择问题或登记来源与内容";
    FindingUnknown = "finding_unknown", 422, "There is no such finding for you, or its report was voided; choose another", "没有该问题或其暗访记录已作废，请另选";
    FindingListed = "finding_listed", 409, "The finding is on the ledger under another item; join the items instead", "该问题已列入其他事项，请改用并案";
    FindingNotHere = "finding_not_here", 422, "The item has no such finding; choose among those it has", "该事项没有此问题，请从现有问题中选择";
    SplitLeavesNone = "split_leaves_none", 422, "At least one finding must stay with the item; part off fewer", "拆分后原事项至少保留一个问题，请减少拆出数量";
    JoinUnsuitable = "join_unsuitable", 409, "Only another item that is with no unit can be joined to this one; take it back first", "只能并入未在责任单位手中的其他事项，请先收回";
    InspectionUnknown = "inspection_unknown", 422, "There is no such inspection for you; submit it first", "没有该暗访记录，请先提交";
    VisitUnsuitable = "visit_unsuitable", 422, "The inspection is of another site, or from before the order or the return; name the visit on which the work was seen", "所选暗访记录不是该点位的，或早于交办、退回，请另选";
    VisitMissing = "visit_missing", 422, "A verification on site names its inspection; submit one and name it, or verify by photo", "现场验收须关联暗访记录，请先提交记录，或改用照片验收";
    PersonUnknown = "person_unknown", 422, "There is no such person for this; choose another, or give the name alone", "没有该人员，请另选或只填写姓名";
    UnitUnknown = "unit_unknown", 422, "There is no such responsible unit; choose another", "没有该责任单位，请另选";
    ReassignSame = "reassign_same", 422, "It is with this unit and person already; choose another", "已由该单位和责任人负责，请另选";
    RemarkUnknown = "remark_unknown", 422, "There is no such remark here; pull, then read it", "没有该批示或留言，请同步后再查看";
    StepDone = "step_done", 409, "This step was taken already; nothing is to be done", "该步骤已执行，请勿重复操作";
    StepTooEarly = "step_too_early", 409, "This is not due yet; wait until it is", "尚未到时间，请届时再操作";
    StepOutOfOrder = "step_out_of_order", 409, "The rung before it is not taken or waits for a decision; settle that first", "前一级督办尚未执行或待审批，请先处理";
    NoDraft = "no_draft", 409, "No draft of this step waits for a decision; look at the item again", "没有待审批的约谈或告诫草稿，请刷新后查看";
    LookBackDone = "look_back_done", 409, "The look-back was done; nothing is to be done, or reopen the item if the trouble is back", "回头看已完成，请勿重复操作，如反弹请重新打开";
    ForTheClock = "for_the_clock", 403, "Only the clock gives this command; comment or instruct instead", "该命令只能由系统定时执行，请改用留言或批示";

    // Plans and draws
    PlanInvalid = "plan_invalid", 422, "The plan cannot be meant so; see where, and change it", "任务内容有误，请按提示修改";
    PlanOver = "plan_over", 409, "The plan is no longer sealed; make another one", "该任务已启封或撤回，请另建任务";
    RuleInvalid = "rule_invalid", 422, "The rule over site attributes cannot be read so; see where, and change it", "点位规则有误，请按提示修改";
    DrawInvalid = "draw_invalid", 422, "The draw is not in its one form; take the file as it was recorded", "抽取记录格式不规范，请使用原始记录文件";
    DrawDiffers = "draw_differs", 409, "The draw does not come out as recorded; keep the file and report it", "抽取结果与记录不符，请保留文件并上报";
    CalendarInvalid = "calendar_invalid", 422, "The calendar cannot be meant so; see where, and change it", "工作日历有误，请按提示修改";
    TimeZoneUnknown = "time_zone_unknown", 422, "There is no such time zone; give an IANA name, for instance Asia/Shanghai", "没有该时区，请填写 IANA 名称，例如 Asia/Shanghai";
    NoticeUnknown = "notice_unknown", 404, "There is no such notice for you; pull again", "没有该通知，请重新同步";

    // Files
    MediaNotAllowed = "media_not_allowed", 415, "The file is of no allowed format (JPEG, HEIC, PNG, WebP, MP4, MOV)", "文件格式不允许";
    BlobEmpty = "blob_empty", 422, "The file is empty", "文件为空";
    BlobTooLarge = "blob_too_large", 413, "The file is larger than allowed", "文件过大";
    HashMismatch = "hash_mismatch", 422, "The bytes do not have the declared SHA-256; upload the file again from the start", "文件校验失败，请从头重新上传";
    ChecksumMismatch = "checksum_mismatch", 460, "The bytes of this part do not have its checksum; send it again", "分片校验失败，请重发";
    ChecksumUnknown = "checksum_unknown", 400, "This checksum algorithm is not supported; use sha1 or sha256", "不支持该校验算法";
    OffsetWrong = "offset_wrong", 409, "The offset is not where the upload stands; ask with HEAD", "上传偏移不正确，请先查询";
    LeaseLost = "lease_lost", 409, "Another request took over this upload", "该上传已被另一请求接管";
    UploadGone = "upload_gone", 410, "The upload expired or was given up; declare the file again", "上传已过期，请重新申报";
    TusVersion = "tus_version", 412, "Only tus 1.0.0 is spoken here", "仅支持 tus 1.0.0";
    TooManyUploads = "too_many_uploads", 429, "Too many unfinished uploads on this device; finish some first", "未完成的上传过多，请先完成";
    SizeMismatch = "size_mismatch", 409, "The same file was declared with another size", "同一文件申报的大小不一致";
    NoPreview = "no_preview", 404, "There is no preview of this file; download the original", "该文件没有预览，请下载原件";
    RangeInvalid = "range_invalid", 416, "The range lies outside the file", "请求范围超出文件";
}

/// The prefix of every problem's `type`.
pub const TYPE_PREFIX: &str = "urn:anfang:problem:";

/// A refusal as it travels: `application/problem+json` (RFC 9457).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `urn:anfang:problem:<code>`; what clients switch on.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub title_zh: String,
    pub status: u16,
    /// What exactly was wrong, for a developer or a log; safe to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where in the message: a JSON pointer, or the name of a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Seconds to wait before the next try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_time: Option<DateTime<Utc>>,
}

impl Problem {
    pub fn new(code: Code) -> Self {
        Problem {
            kind: format!("{TYPE_PREFIX}{}", code.slug()),
            title: code.title().to_owned(),
            title_zh: code.title_zh().to_owned(),
            status: code.status(),
            detail: None,
            at: None,
            retry_after_s: None,
            server_time: None,
        }
    }

    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.at = Some(place.into());
        self
    }

    pub fn retry_after_s(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The code, if this version knows it.
    pub fn code(&self) -> Option<Code> {
        let slug = self.kind.strip_prefix(TYPE_PREFIX)?;
        Code::ALL.iter().copied().find(|code| code.slug() == slug)
    }

    pub fn is(&self, code: Code) -> bool {
        self.code() == Some(code)
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Problem::new(code)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.title)?;
        if let Some(at) = &self.at {
            write!(f, " (at {at})")?;
        }
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
