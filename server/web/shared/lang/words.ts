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
