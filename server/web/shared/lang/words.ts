// The words of the protocol's vocabularies, for people. A word of a later server is shown as it came.
import { type Pair, say } from './lang.svelte';

type Vocabulary = Record<string, Pair>;

export const SITE_KINDS: Vocabulary = {
  village: ['行政村', 'Village'],
  household: ['农户', 'Household'],
  clinic: ['卫生室', 'Clinic'],
  water_works: ['供水点', 'Water works'],
  house: ['住房', 'House'],
  school: ['学校', 'School'],
  workshop: ['扶贫车间', 'Workshop'],
  solar_station: ['光伏电站', 'Solar station'],
  project: ['项目', 'Project'],
  office: ['办公场所', 'Office'],
  quarters: ['驻村住所', 'Team quarters'],
};

export const ATTRIBUTES: Vocabulary = {
  population: ['人口', 'Population'],
  households: ['户数', 'Households'],
  registered_poor: ['建档立卡人口', 'Registered poor'],
  not_lifted_poor: ['未脱贫人口', 'Not lifted'],
  incidence_percent: ['贫困发生率（%）', 'Incidence (%)'],
  state: ['状态', 'State'],
  lifted_year: ['脱贫年度', 'Lifted in'],
  head: ['户主', 'Head'],
  members: ['家庭人口', 'Members'],
  helper: ['帮扶责任人', 'Helper'],
  housing_grade: ['住房安全等级', 'Housing grade'],
  department: ['主管部门', 'Department'],
  funds_yuan: ['资金（元）', 'Funds (yuan)'],
};

export const STATES: Vocabulary = {
  not_lifted: ['未脱贫', 'Not lifted'],
  lifted: ['已脱贫', 'Lifted'],
  marginal: ['边缘户', 'Marginal'],
  elderly_alone: ['独居老人', 'Elderly, alone'],
  not_registered: ['非建档立卡户', 'Not registered'],
};

/** Of a dwelling, by its official survey. */
export const GRADES: Vocabulary = {
  a: ['A级（安全）', 'A (safe)'],
  b: ['B级（安全）', 'B (safe)'],
  c: ['C级危房', 'C (dilapidated)'],
  d: ['D级危房', 'D (dilapidated)'],
};

export const SEVERITIES: Vocabulary = {
  general: ['一般', 'General'],
  serious: ['较重', 'Serious'],
  grave: ['严重', 'Grave'],
};

export const ROLES: Vocabulary = {
  inspector: ['暗访组', 'Inspector'],
  supervisor: ['督查办', 'Supervisor'],
  unit_officer: ['责任单位', 'Unit officer'],
  verifier: ['验收组', 'Verifier'],
  leader: ['包抓领导', 'Leader'],
  resident_team: ['驻村工作队', 'Resident team'],
  auditor: ['审计', 'Auditor'],
  administrator: ['管理员', 'Administrator'],
};

export const LEVELS: Vocabulary = {
  city: ['市', 'City'],
  county: ['县', 'County'],
  township: ['乡镇', 'Township'],
  village: ['村', 'Village'],
  group: ['组', 'Group'],
};

export const UNIT_KINDS: Vocabulary = {
  township: ['乡镇', 'Township'],
  department: ['行业部门', 'Department'],
  village: ['村', 'Village'],
  team: ['工作组', 'Team'],
};

export const FLAGS: Vocabulary = {
  answers_missing: ['有必查项未作答', 'A required item has no answer'],
  photos_missing: ['不合格项照片不足', 'Too few photos of a failing item'],
  finding_missing: ['不合格项未记录问题', 'A failing item without a finding'],
  no_position: ['到达时没有定位', 'No position at arrival'],
  far_from_site: ['到达位置离点位较远', 'Arrival far from the site'],
  mock_position: ['位置来自模拟定位', 'Position from a mock provider'],
  clock_skew: ['手机时间偏差超过五分钟', 'The phone’s clock is off by over five minutes'],
  clock_moved: ['记录后手机时间被调整', 'The phone’s clock was moved after recording'],
  time_impossible: ['所报时间不可能', 'The time claimed is impossible'],
  long_visit: ['停留超过一天', 'The visit lasted more than a day'],
  scope_ended: ['提交时权限已收回', 'The role had ended before it arrived'],
};

export const STAGES: Vocabulary = {
  submitted: ['已提交', 'Submitted'],
  voided: ['已作废', 'Voided'],
};

export const SOURCES: Vocabulary = {
  camera: ['现场拍摄', 'Camera'],
  gallery: ['相册选取', 'Gallery'],
  file: ['文件', 'File'],
};

/** The word for people, or the protocol's own where there is none. */
export function word(vocabulary: Vocabulary, of: string): string {
  const pair = vocabulary[of];
  return pair ? say(pair) : of;
}

/** All of a vocabulary, to choose from. */
export const listed = (vocabulary: Vocabulary) =>
  Object.entries(vocabulary).map(([one, pair]) => [one, say(pair)] as const);

/** The words of an attribute of sites; none: it has a number or a text of its own. */
export const wordsOf = (attribute: string): Vocabulary | undefined =>
  attribute === 'state' ? STATES : attribute === 'housing_grade' ? GRADES : undefined;

export const ITEM_STAGES: Vocabulary = {
  listed: ['列入', 'Listed'],
  handed_over: ['交办', 'Handed over'],
  acknowledged: ['签收', 'Signed for'],
  in_progress: ['整改中', 'In progress'],
  answered: ['报验', 'Answered'],
  returned: ['退回', 'Returned'],
  closed: ['销号', 'Closed'],
  declined: ['退单', 'Declined'],
  suspended: ['挂账', 'Suspended'],
  reopened: ['反弹', 'Reopened'],
  cancelled: ['撤销', 'Cancelled'],
};

export const ITEM_SOURCES: Vocabulary = {
  inspection: ['暗访发现', 'Inspection'],
  central: ['中央反馈', 'Central feedback'],
  provincial: ['省级反馈', 'Provincial feedback'],
  audit: ['审计', 'Audit'],
  media: ['媒体曝光', 'Media'],
  citizens: ['群众举报', 'Citizens'],
};

export const COLOURS: Vocabulary = {
  blue: ['到期前提醒', 'Before the deadline'],
  yellow: ['当日到期', 'On its day'],
  red: ['超期', 'Past it'],
  receipt: ['签收超时', 'Receipt late'],
  review: ['到期复核', 'Review due'],
};

export const RUNGS: Vocabulary = {
  remind: ['催办', 'Reminder'],
  supervise: ['督办', 'Supervision'],
  summon: ['约谈', 'Summons'],
  admonish: ['告诫', 'Admonition'],
};

export const METHODS: Vocabulary = {
  on_site: ['现场验收', 'On site'],
  photo: ['照片验收', 'By photo'],
};

export const ACTS_DONE: Vocabulary = {
  'rectification.list': ['列入清单', 'Listed'],
  'rectification.join': ['并案', 'Joined'],
  'rectification.split': ['拆分', 'Split'],
  'rectification.add_finding': ['补充问题', 'Finding added'],
  'rectification.set_severity': ['调整程度', 'Severity set'],
  'rectification.hand_over': ['交办', 'Handed over'],
  'rectification.acknowledge': ['签收', 'Signed for'],
  'rectification.decline': ['退单', 'Declined'],
  'rectification.reassign': ['改派', 'Reassigned'],
  'rectification.plan': ['整改计划', 'Work planned'],
  'rectification.ask_extension': ['申请延期', 'Extension asked for'],
  'rectification.grant_extension': ['批准延期', 'Extension granted'],
  'rectification.refuse_extension': ['不批准延期', 'Extension refused'],
  'rectification.suspend': ['挂账', 'Suspended'],
  'rectification.resume': ['恢复办理', 'Resumed'],
  'rectification.report': ['报验', 'Answered'],
  'rectification.assign_verifiers': ['指派验收', 'Verifiers assigned'],
  'rectification.accept': ['验收通过', 'Accepted'],
  'rectification.return': ['退回', 'Returned'],
  'rectification.close': ['销号', 'Closed'],
  'rectification.look_back_passed': ['回头看通过', 'Look-back passed'],
  'rectification.reopen': ['反弹重开', 'Reopened'],
  'rectification.cancel': ['撤销', 'Cancelled'],
  'rectification.comment': ['留言', 'Comment'],
  'rectification.instruct': ['批示', 'Instruction'],
  'rectification.read': ['已读', 'Read'],
  'rectification.remind': ['系统提醒', 'Reminder'],
  'rectification.escalate': ['升级督办', 'Escalated'],
  'rectification.approve_step': ['批准约谈或告诫', 'Step approved'],
  'rectification.drop_step': ['撤回草稿', 'Step dropped'],
  'plan.seal': ['密封任务', 'Plan sealed'],
  'plan.unseal': ['启封任务', 'Plan unsealed'],
  'plan.withdraw': ['撤回任务', 'Plan withdrawn'],
  'inspection.submit': ['提交暗访记录', 'Inspection submitted'],
  'inspection.amend': ['补充更正', 'Inspection amended'],
  'inspection.void': ['作废暗访记录', 'Inspection voided'],
  'inspection.ask': ['追问', 'Asked back'],
};

export const NOTICES: Vocabulary = {
  handed_over: ['有新交办事项', 'Handed over to you'],
  taken_away: ['事项已改派他人', 'Taken over by others'],
  declined: ['责任单位退单', 'Declined by the unit'],
  extension_asked: ['申请延期', 'An extension is asked for'],
  extension_granted: ['延期已批准', 'Extension granted'],
  extension_refused: ['延期未批准', 'Extension refused'],
  suspended: ['事项已挂账', 'Suspended'],
  resumed: ['事项恢复办理', 'Resumed'],
  answered: ['责任单位已报验', 'Answered by the unit'],
  to_verify: ['请验收', 'Please verify'],
  returned: ['验收未通过，已退回', 'Returned to you'],
  closed: ['事项已销号', 'Closed'],
  reopened: ['问题反弹', 'Reopened'],
  commented: ['有新留言', 'A new comment'],
  instructed: ['有领导批示', 'A leader’s instruction'],
  reminder: ['期限提醒', 'Reminder'],
  escalated: ['督办升级', 'Escalated'],
  draft_waits: ['约谈或告诫草稿待审批', 'A draft waits for approval'],
  conflict: ['操作冲突，请查看', 'Two people at once: please look'],
  plan: ['有新任务', 'A plan for you'],
  asked: ['督查办追问', 'You are asked back'],
  asked_answered: ['追问已答复', 'Your question is answered'],
};

export const MEDIA_FLAGS: Vocabulary = {
  damaged: ['文件损坏', 'Damaged'],
  incomplete: ['文件不完整', 'Incomplete'],
  undecodable: ['无法解码', 'Cannot be decoded'],
  decoder_gave_up: ['解码失败', 'The decoder gave up'],
  too_many_pixels: ['像素过多', 'Too many pixels'],
  unsupported_coding: ['编码不支持', 'Coding not supported'],
  gps_invalid: ['定位信息无效', 'GPS tags make no sense'],
  gps_zero: ['定位为零点', 'GPS says 0,0'],
  gps_altitude_invalid: ['海拔无效', 'Altitude invalid'],
  gps_time_invalid: ['定位时间无效', 'GPS time invalid'],
  date_invalid: ['日期无效', 'Date invalid'],
  offset_invalid: ['时区无效', 'Zone invalid'],
  container_time: ['时间取自文件头', 'Time of the file’s header'],
  times_disagree: ['两个时间相差超过一天', 'Two times, a day apart'],
  exif_unreadable: ['拍摄信息无法读取', 'Metadata unreadable'],
  orientation_invalid: ['方向信息无效', 'Orientation invalid'],
  trailing_data: ['文件尾有多余数据', 'Trailing data'],
  strict_decode_failed: ['严格解码有出入', 'A strict decoder objects'],
  low_content: ['画面几乎没有内容', 'Hardly anything to see'],
  screen_recording: ['屏幕录像', 'A screen recording'],
  media_type_differs: ['格式与声明不符', 'Another format than declared'],
};
