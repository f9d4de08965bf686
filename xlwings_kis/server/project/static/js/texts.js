// What the task pane says: Korean and English side by side. Sentences about the data come from the server.

export const TEXTS = {
  title: ["KIS 프로그램매매", "KIS program trading"],
  language: ["English", "한국어"],
  refresh: ["새로고침", "Refresh"],
  auto: ["자동", "Auto"],
  interval: ["자동 새로고침 간격", "Interval of automatic refresh"],
  "every.30": ["30초", "30 s"],
  "every.60": ["1분", "1 min"],
  "every.180": ["3분", "3 min"],
  exchange: ["거래소", "Exchange"],
  "exchange.KRX": ["KRX", "KRX"],
  "exchange.NXT": ["NXT", "NXT"],
  "exchange.UN": ["통합", "KRX+NXT"],
  market: ["시장", "Market"],
  "market.KOSPI": ["코스피", "KOSPI"],
  "market.KOSDAQ": ["코스닥", "KOSDAQ"],
  demo: ["예시", "Demo"],
  insert: ["표 넣기", "Insert table"],
  sheet: ["시트 만들기", "Make sheet"],
  report: ["보고서 시트", "Report sheet"],
  download: ["보고서 내려받기", "Download report"],
  status: ["다른 표의 상태", "Other tables"],
  access: ["접속 토큰", "Access token"],
  token: ["관리자가 준 토큰", "Token from your administrator"],
  save: ["저장", "Save"],
  forget: ["지우기", "Forget"],
  yes: ["지우고 넣기", "Delete and insert"],
  no: ["취소", "Cancel"],

  working: ["조회하고 있습니다.", "Fetching."],
  fetched: ["조회했습니다: {title} · {asof}", "Refreshed: {title} · {asof}"],
  inserted: ["{address}에 수식을 넣었습니다.", "The formula is in {address}."],
  reported: ["보고서 시트를 만들었습니다.", "The report sheet is made."],
  downloaded: ["내려받았습니다: {file}", "Downloaded: {file}"],
  cancelled: ["넣지 않았습니다.", "Nothing was inserted."],
  auto_on: ["자동 새로고침을 켰습니다({every}마다, 장중에만).", "Automatic refresh is on (every {every}, in sessions only)."],
  auto_off: ["자동 새로고침을 껐습니다.", "Automatic refresh is off."],
  insert_over: [
    "{address}에 값이 있습니다. 그 값을 지우고 표를 넣을까요?",
    "There are values in {address}. Delete them and put the table there?",
  ],
  no_room: [
    "표가 들어갈 자리가 없습니다. 더 위쪽이나 왼쪽의 셀을 선택하세요.",
    "There is no room for the table. Select a cell further up or left.",
  ],
  protected: [
    "시트가 보호되어 있어 쓰지 않았습니다. 보호를 해제한 뒤 다시 누르세요.",
    "The sheet is protected, so nothing was written. Unprotect it and press again.",
  ],
  editing: [
    "셀을 편집하고 있어 기다립니다. 편집을 마친 뒤 다시 누르세요.",
    "A cell is being edited. Finish editing and press again.",
  ],
  no_cell: [
    "선택한 셀이 없습니다. 표를 넣을 셀을 선택한 뒤 다시 누르세요.",
    "No cell is selected. Select the cell for the table and press again.",
  ],
  token_missing: [
    "접속 토큰이 없습니다. 관리자가 준 토큰을 아래에 붙여 넣으세요.",
    "There is no access token. Paste the one from your administrator below.",
  ],
  token_wrong: [
    "접속 토큰이 맞지 않습니다. 관리자가 준 토큰을 아래에 다시 붙여 넣으세요.",
    "The access token is not accepted. Paste the one from your administrator below.",
  ],
  token_saved: ["접속 토큰을 이 브라우저에 저장했습니다.", "The access token is kept in this browser."],
  token_forgotten: ["접속 토큰을 지웠습니다.", "The access token is forgotten."],
  token_unkept: [
    "이 브라우저에 저장할 수 없습니다. 저장소(쿠키) 차단을 해제하세요.",
    "This browser keeps nothing. Allow it to store site data.",
  ],
  signed_out: [
    "로그인이 확인되지 않았습니다. Excel에서 회사 계정으로 로그인하세요.",
    "You are not signed in. Sign in to Excel with your company's account.",
  ],
  away: [
    "서버 연결 실패. {seconds}초마다 다시 연결해 봅니다. 계속되면 관리자에게 알리세요.",
    "The server is away. It is tried again every {seconds} s. Tell your administrator if it stays.",
  ],
  failed: [
    "요청을 처리하지 못했습니다. 다시 누르고, 계속되면 관리자에게 알리세요.",
    "That could not be done. Press again, and tell your administrator if it stays.",
  ],
};

let spoken = "ko";

/** The language of the pane: `ko` or `en`. */
export function lang() {
  return spoken;
}

/** Choose it; anything but Korean is English. */
export function speak(tag) {
  spoken = String(tag ?? "ko").toLowerCase().startsWith("ko") ? "ko" : "en";
}

/** A text in the chosen language, its `{names}` filled in. An unknown key is a mistake of ours. */
export function text(key, facts = {}) {
  const both = TEXTS[key];
  if (!both) throw new Error(`no text ${key}`);
  return both[spoken === "ko" ? 0 : 1].replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);
}
