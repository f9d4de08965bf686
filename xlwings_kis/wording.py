"""What people read: Korean first, English beside it. Sentences of `errors`, words of status and command line.

An error sentence has a cause (at most twelve letters before the code) and a remedy. `{name}` is filled with facts that
are cut and cleaned here, for some of them come from the gateway.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple


class Sentence(NamedTuple):
    """(family of `errors`, cause ko, remedy ko, cause en, remedy en). `{code}` in a cause stands for `(EGW…)`."""

    family: str
    cause_ko: str
    remedy_ko: str
    cause_en: str
    remedy_en: str


def _undelivered(why_ko: str, ask_ko: str, why_en: str, ask_en: str) -> Sentence:
    """A mail that did not leave: why, where the report is (nothing is lost), and what to do."""
    return Sentence(
        "delivery",
        f"메일을 보내지 못했습니다({why_ko})",
        f"보고서는 저장되어 있습니다: {{file}}. {ask_ko}",
        f"The mail was not sent ({why_en})",
        f"The report is kept: {{file}}. {ask_en}",
    )


SENTENCES: dict[str, Sentence] = {
    "no_key": Sentence(
        "settings", "앱키가 없습니다", "명령 프롬프트에서 xlwings-kis login 을 실행하세요.",
        "No app key", "Run xlwings-kis login in a command prompt."),
    "wrong_key": Sentence(
        "credential", "앱키 또는 시크릿 오류{code}",
        "KIS Developers에서 확인한 뒤 xlwings-kis login 으로 다시 저장하세요.",
        "App key or secret refused{code}", "Check it at KIS Developers and store it again with xlwings-kis login."),
    "no_secret": Sentence(
        "settings", "시크릿이 없습니다", "앱키와 시크릿을 같은 곳에 함께 넣거나 xlwings-kis login 을 실행하세요.",
        "No app secret", "Give key and secret together in one place, or run xlwings-kis login."),
    "keyring_locked": Sentence(
        "settings", "보관함 잠김", "운영체제의 보관함(키링)을 잠금 해제한 뒤 다시 하세요.",
        "Keyring locked", "Unlock the keyring of your operating system and try again."),
    "keyring_slow": Sentence(
        "settings", "보관함 응답 없음", "운영체제의 보관함이 {seconds}초 안에 답하지 않았습니다. 잠금 해제를 묻는 창이 있는지 확인하세요.",
        "Keyring does not answer", "No answer from the keyring within {seconds} s. Look for a window that asks to unlock it."),
    "keyring_failed": Sentence(
        "settings", "보관함 저장 실패", "환경 변수 KIS_APP_KEY와 KIS_APP_SECRET에 넣으세요({what}).",
        "Keyring refused", "Put the pair into KIS_APP_KEY and KIS_APP_SECRET instead ({what})."),
    "swapped_keys": Sentence(
        "settings", "앱키·시크릿 뒤바뀜", "앱키는 36자, 시크릿은 180자입니다. 두 값을 바꾸어 다시 저장하세요.",
        "App key and secret look swapped", "The key has 36 characters, the secret 180. Store them the other way round."),
    "same_twice": Sentence(
        "settings", "같은 값을 두 번 넣음", "앱키(36자)와 시크릿(180자)은 서로 다른 값입니다. 하나씩 다시 복사하세요.",
        "The same value twice", "The key (36 characters) and the secret (180) differ. Copy them one after the other."),
    "bad_key": Sentence(
        "settings", "앱키 형식이 아닙니다", "36자여야 하는데 {length}자입니다. KIS Developers에서 다시 복사하세요.",
        "This is no app key", "It must have 36 characters, not {length}. Copy it again at KIS Developers."),
    "bad_secret": Sentence(
        "settings", "시크릿 형식이 아닙니다", "180자여야 하는데 {length}자입니다. KIS Developers에서 다시 복사하세요.",
        "This is no app secret", "It must have 180 characters, not {length}. Copy it again at KIS Developers."),
    "paper_key": Sentence(
        "credential", "모의투자 앱키{code}", "이 조회는 실전투자 앱키로만 됩니다.",
        "Paper-trading key{code}", "This table is served to real-trading keys only."),
    "paper_domain": Sentence(
        "settings", "모의투자 주소", "KIS_BASE_URL을 지우세요. 이 조회는 실전투자 주소로만 됩니다.",
        "Paper-trading address", "Remove KIS_BASE_URL: this table is served on the real domain only."),
    "plain_http": Sentence(
        "settings", "암호화되지 않은 주소", "KIS_BASE_URL을 https로 시작하는 주소로 바꾸세요(이 PC 자신만 예외).",
        "Unencrypted address", "KIS_BASE_URL must start with https (only this machine itself may do without)."),
    "bad_setting": Sentence(
        "settings", "설정값 오류", "{name} 값을 확인하세요: {expected}.",
        "Bad setting", "Check {name}: {expected_en}."),
    "no_server": Sentence(
        "settings", "서버 패키지 없음", 'pip install "xlwings-kis[server]" 를 실행한 뒤 다시 하세요({what}).',
        "Server packages missing", 'Run pip install "xlwings-kis[server]" and try again ({what}).'),
    "no_license": Sentence(
        "settings", "라이선스 키 없음",
        "XLWINGS_LICENSE_KEY에 xlwings 라이선스 키를 넣으세요. 비상업용이면 noncommercial, 회사에서 쓰려면 유료 키가 필요합니다.",
        "No xlwings licence key",
        "Set XLWINGS_LICENSE_KEY: noncommercial for noncommercial use; a desk needs a paid key of xlwings."),
    "open_server": Sentence(
        "settings", "인증 없는 공개 주소",
        "{host}(으)로 열려면 xlwings-kis serve token 이름 으로 토큰을 만들거나 XLWINGS_AUTH_PROVIDERS로 Entra ID를 설정하세요.",
        "Open to everybody",
        "To listen on {host}, make tokens with xlwings-kis serve token NAME, or set up Entra ID with XLWINGS_AUTH_PROVIDERS."),
    "plain_server": Sentence(
        "settings", "암호화 없는 주소",
        "{host}(으)로 열려면 --certfile과 --keyfile을 주거나, 앞단 프록시가 TLS를 맡으면 --behind-proxy를 붙이세요.",
        "Unencrypted address",
        "To listen on {host}, give --certfile and --keyfile, or --behind-proxy where a proxy before it does TLS."),
    "bad_certificate": Sentence(
        "settings", "인증서 파일 오류", "{file}을(를) 확인하세요. PEM 형식의 인증서와 암호 없는 개인 키가 한 쌍이어야 합니다.",
        "Certificate not usable", "Check {file}: a PEM certificate and its private key, without a passphrase."),
    "no_tokens": Sentence(
        "settings", "접속 토큰 없음",
        "xlwings-kis serve token 이름 으로 사람마다 하나씩 만드세요. 인증 없이 이 PC에서만 쓰려면 빈 {file}을(를) 지우세요.",
        "No access tokens",
        "Make one for each person with xlwings-kis serve token NAME. To serve this machine alone, remove the empty {file}."),
    "open_tokens": Sentence(
        "settings", "토큰 파일이 열려 있음", "{file}을(를) 서버를 돌리는 사용자만 읽고 쓸 수 있게 하세요(chmod 600).",
        "Token file open to others", "Let nobody but the server's own user read or write {file} (chmod 600)."),
    "no_entra": Sentence(
        "settings", "Entra 설정 없음", "{name}을(를) 환경 변수에 넣으세요.",
        "Entra ID not set up", "Set {name} in the environment."),
    "bad_provider": Sentence(
        "settings", "인증 방식 오류", 'XLWINGS_AUTH_PROVIDERS에 ["custom"], ["entraid"] 또는 둘 다를 넣으세요.',
        "Unknown authentication", 'Set XLWINGS_AUTH_PROVIDERS to ["custom"], ["entraid"] or both.'),
    "bad_config": Sentence(
        "settings", "설정 파일 오류", "{file}{where}에서 잘못된 곳을 고치거나 그 파일을 지우세요.",
        "Unreadable settings file", "Mend {file}{where}, or remove the file."),
    "store_plain": Sentence(
        "settings", "암호화 안 된 저장소", "XLWINGS_KIS_STORE를 rediss://로 시작하는 주소로 바꾸세요(이 PC 자신만 예외).",
        "Unencrypted store", "XLWINGS_KIS_STORE must start with rediss:// (only this machine itself may do without)."),
    "no_store_key": Sentence(
        "settings", "공유 암호 키 없음",
        'XLWINGS_KIS_STORE_KEY에 모든 PC에 같은 값을 넣으세요(만들기: python -c "import secrets; print(secrets.token_urlsafe(32))").',
        "No key for the shared token",
        'Set XLWINGS_KIS_STORE_KEY to the same value everywhere (make one: python -c "import secrets; print(secrets.token_urlsafe(32))").'),
    "other_store_key": Sentence(
        "settings", "공유 암호 키 다름", "XLWINGS_KIS_STORE_KEY를 다른 PC와 같은 값으로 맞추세요.",
        "Another key for the shared token", "Set XLWINGS_KIS_STORE_KEY to the value of the other machines."),
    "desk_away": Sentence(
        "network", "공유 서버 연결 실패",
        "토큰은 공유 서버(Redis)를 거쳐서만 발급합니다. 서버가 돌아오면 자동으로 다시 시도합니다. 오래가면 서버 관리자에게 문의하세요.",
        "No shared server",
        "A token is issued through the shared server (Redis) only. It is tried again by itself when the server is back; ask whoever runs it if it lasts."),
    "no_redis": Sentence(
        "settings", "Redis용 부품 없음", '명령 프롬프트에서 python -m pip install "xlwings-kis[redis]" 를 실행하세요.',
        "Redis support is missing", 'Run python -m pip install "xlwings-kis[redis]" in a command prompt.'),
    "unknown_setting": Sentence(
        "settings", "모르는 설정", "{file}의 {name} 값은 쓰이지 않습니다. 설정의 이름을 확인하세요.",
        "Unknown setting", "{name} in {file} is not used. Check the names of the settings."),
    "misspelt_setting": Sentence(
        "settings", "모르는 설정", "{file}의 {name} 값은 쓰이지 않습니다. {nearest} 값을 뜻한다면 이름을 고치세요.",
        "Unknown setting", "{name} in {file} is not used. If {nearest} is meant, mend the name."),
    "missing_corporate": Sentence(
        "settings", "법인 설정 누락", "다음 값을 넣으세요: {names}.",
        "Corporate settings missing", "Set {names}."),
    "token_wait": Sentence(
        "token", "토큰 발급 대기{code}", "{time} 이후 자동으로 다시 시도합니다.",
        "Waiting to issue a token{code}", "It is tried again by itself after {time}."),
    "token_unanswered": Sentence(
        "network", "토큰 응답 없음", "{time} 이후 자동으로 다시 시도합니다.",
        "No answer to the request for a token", "It is tried again by itself after {time}."),
    "token_rejected": Sentence(
        "token", "새 토큰도 거절됨{code}", "{time} 이후 자동으로 다시 시도합니다. 같은 앱키를 쓰는 다른 PC를 확인하세요.",
        "New token rejected too{code}",
        "It is tried again by itself after {time}. Check other machines that use the same key."),
    "token_refused": Sentence(
        "token", "접근토큰 거절됨{code}", "잠시 뒤 자동으로 다시 시도합니다. 같은 앱키를 쓰는 다른 PC를 확인하세요.",
        "Access token rejected{code}",
        "It is tried again by itself shortly. Check other machines that use the same key."),
    "brought_token_rejected": Sentence(
        "token", "접근토큰 거절됨{code}", "KIS_ACCESS_TOKEN을 새로 받은 토큰으로 바꾸세요.",
        "Access token rejected{code}", "Replace KIS_ACCESS_TOKEN by a newly issued one."),
    "too_many_calls": Sentence(
        "refused", "조회 한도 초과{code}",
        "잠시 뒤 자동으로 다시 조회합니다. 같은 앱키를 쓰는 다른 프로그램을 확인하세요.",
        "Too many calls{code}", "It is asked again by itself shortly. Check other programs that use the same key."),
    "gateway_busy": Sentence(
        "refused", "KIS 서버 혼잡{code}", "잠시 뒤 자동으로 다시 조회합니다.",
        "KIS is busy{code}", "It is asked again by itself shortly."),
    "ip_not_allowed": Sentence(
        "refused", "허용되지 않은 IP{code}", "KIS Developers의 접속 허용 IP를 확인하세요.",
        "IP address not allowed{code}", "Check the allowed addresses at KIS Developers."),
    "no_right": Sentence(
        "refused", "조회 권한 없음{code}", "고객 구분(KIS_CUSTTYPE)과 KIS Developers의 이용 신청을 확인하세요.",
        "No right to this table{code}", "Check KIS_CUSTTYPE and your subscription at KIS Developers."),
    "api_changed": Sentence(
        "refused", "조회 항목 오류{code}", "KIS 답: {msg} xlwings-kis를 최신판으로 올리세요.",
        "Request field refused{code}", "KIS says: {msg} Update xlwings-kis."),
    "refused": Sentence(
        "refused", "KIS 응답 오류{code}", "{msg}",
        "KIS answered with an error{code}", "{msg}"),
    "slow": Sentence(
        "network", "응답 지연", "{seconds}초 안에 답이 없어 기다리지 않았습니다. 새로고침을 누르면 도착한 값이 표시됩니다.",
        "Slow answer", "No answer within {seconds} s, so Excel did not wait. Refresh shows what has arrived since."),
    "no_answer": Sentence(
        "network", "서버 응답 없음", "잠시 뒤 자동으로 다시 조회합니다.",
        "No answer from KIS", "It is asked again by itself shortly."),
    "unreachable": Sentence(
        "network", "서버 연결 실패", "{host} 접속이 막혔는지 전산팀에 문의하세요(진단 참고).",
        "Cannot connect", "Ask your IT department whether {host} is blocked (see doctor)."),
    "no_name": Sentence(
        "network", "주소를 찾지 못함", "{host} 이름을 풀지 못했습니다. 인터넷 연결을 확인하고, 회사라면 전산팀에 프록시 주소를 문의하세요.",
        "Name not found", "{host} cannot be resolved. Check the connection; in a company ask IT for the proxy."),
    "port_refused": Sentence(
        "network", "접속이 거절됨", "{host}에서 접속을 거절했습니다. 전산팀에 그 주소로 나가는 TCP 접속을 허용해 달라고 요청하세요.",
        "Connection refused", "{host} refuses the connection. Ask IT to allow outgoing TCP to it."),
    "port_silent": Sentence(
        "network", "접속에 답이 없음",
        "{host}에서 {seconds}초 동안 답이 없습니다(방화벽). 전산팀에 그 주소로 나가는 TCP 접속을 허용해 달라고 요청하세요.",
        "No answer to the connection", "{host} is silent for {seconds} s (a firewall). Ask IT to allow outgoing TCP to it."),
    "proxy_unreadable": Sentence(
        "network", "프록시 주소 오류", "HTTPS_PROXY나 Windows의 프록시 설정에 적힌 주소를 고치세요(http://이름:8080).",
        "Proxy address unreadable", "Mend the address in HTTPS_PROXY or in Windows' proxy setting (http://name:8080)."),
    "proxy_gone": Sentence(
        "network", "프록시에 닿지 않음", "{proxy}에 연결되지 않습니다. HTTPS_PROXY나 Windows의 프록시 설정을 확인하세요.",
        "Proxy not reached", "{proxy} cannot be reached. Check HTTPS_PROXY or Windows' proxy setting."),
    "proxy_password": Sentence(
        "network", "프록시가 암호를 요구", "{proxy}에 쓸 이름과 암호를 전산팀에서 받아 HTTPS_PROXY에 넣으세요(http://이름:암호@주소).",
        "Proxy asks for a password", "Ask IT for the name and password of {proxy} and put them into HTTPS_PROXY (http://name:password@address)."),
    "proxy_login": Sentence(
        "network", "프록시 로그인 필요", "{proxy}의 로그인 방식({kinds})은 쓸 수 없습니다. 전산팀에 인증 없는 예외를 요청하세요.",
        "Proxy wants a login", "{proxy} only takes {kinds}, which we cannot. Ask IT for an exception without login."),
    "proxy_blocks": Sentence(
        "network", "프록시가 막음", "{proxy}에서 {host} 접속을 막았습니다({status}). 전산팀에 허용을 요청하세요.",
        "Proxy blocks it", "{proxy} does not let {host} through ({status}). Ask IT to allow it."),
    "no_tls": Sentence(
        "network", "보안 연결 실패", "{host}에서 TLS로 답하지 않습니다. 전산팀에 보안 장비가 막는지 문의하세요.",
        "No TLS", "{host} does not answer in TLS. Ask IT whether a security device stops it."),
    "cert_dates": Sentence(
        "network", "인증서 기간 오류", "PC의 날짜와 시각이 맞는지 확인하세요.",
        "Certificate out of date", "Check this PC's date and time."),
    "cert_issuer": Sentence(
        "network", "인증서 확인 실패", "{issuer}에서 서명한 인증서가 옵니다. 그 루트 인증서를 운영체제에 설치하도록 전산팀에 요청하세요.",
        "Certificate not trusted", "It is signed by {issuer}. Ask IT to install that root certificate in the operating system."),
    "proxy": Sentence(
        "network", "프록시 연결 실패", "회사 프록시 설정과 인증을 전산팀에 문의하세요(진단 참고).",
        "Proxy refused", "Ask your IT department about the proxy and its password (see doctor)."),
    "certificate": Sentence(
        "network", "인증서 확인 실패", "사내 보안 장비의 루트 인증서가 Windows에 설치되어 있는지 확인하세요(진단 참고).",
        "Certificate not trusted", "Check that your company's root certificate is installed (see doctor)."),
    "ca_bundle": Sentence(
        "settings", "인증서 파일 오류", "{name} 값을 확인하세요: 가리키는 파일이 없거나 인증서 파일이 아닙니다.",
        "Certificate file unreadable", "Check {name}: the file it names is missing or holds no certificates."),
    "broken_answer": Sentence(
        "network", "알 수 없는 응답", "{what} 잠시 뒤 자동으로 다시 조회합니다.",
        "Unreadable answer", "{what} It is asked again by itself shortly."),
    "wrong_shape": Sentence(
        "answer", "응답 형식 변경", "{field} 항목을 읽을 수 없습니다. xlwings-kis를 최신판으로 올리세요.",
        "Answer of another shape", "{field} cannot be read. Update xlwings-kis."),
    "before_open": Sentence(
        "no_data", "장 시작 전",
        '{exchange}{topic} {time}부터 표시됩니다. 전일 마감은 =KIS_PROGRAM_AT(…,"전일마감").',
        "Before the open", '{exchange_en} shows from {time}. The last close: =KIS_PROGRAM_AT(…,"전일마감").'),
    "still_yesterday": Sentence(
        "no_data", "장 시작 전",
        '아직 전일 값이 옵니다. 오늘 값이 오면 표시됩니다. 전일 마감은 =KIS_PROGRAM_AT(…,"전일마감").',
        "Before the open",
        'KIS still sends the last day\'s figures. Today\'s show as they come. The last close: =KIS_PROGRAM_AT(…,"전일마감").'),
    "yesterday_again": Sentence(
        "no_data", "전일 값이 옴", "KIS가 전일 값을 다시 보냅니다. 잠시 뒤 자동으로 다시 조회합니다.",
        "Yesterday's figures", "KIS sends the last day's figures again. It is asked again by itself shortly."),
    "holiday": Sentence(
        "no_data", "휴장일(추정)", "오늘 자료가 없습니다.",
        "Holiday (presumed)", "There is no data today."),
    "empty": Sentence(
        "no_data", "자료 없음", "KIS가 아직 값을 보내지 않았습니다. 잠시 뒤 자동으로 다시 조회합니다.",
        "No data yet", "KIS has sent no figures yet. It is asked again by itself shortly."),
    "refreshing": Sentence(
        "no_data", "갱신 중", "곧 새 값이 표시됩니다.",
        "Refreshing", "New figures show in a moment."),
    "not_asked": Sentence(
        "no_data", "자료 없음", "새로고침을 누르세요.",
        "No data yet", "Press refresh."),
    "not_stored": Sentence(
        "no_data", "저장된 자료 없음",
        "이 PC에 {moment}의 값이 없습니다. 장중에 Excel이나 xlwings-kis record 로 저장해 두세요.",
        "Nothing stored",
        "This machine has no figures of {moment}. Keep Excel or xlwings-kis record running while the market is open."),
    "not_yet": Sentence(
        "no_data", "아직 오지 않은 시각", "{moment} 이후에 다시 조회하세요.",
        "Still to come", "Ask again after {moment}."),
    "no_comparison": Sentence(
        "no_data", "비교할 자료 없음", "이 PC에 {moment} 무렵의 값이 없습니다. 다른 간격을 넣거나 나중에 새로고침을 누르세요.",
        "Nothing to compare with",
        "This machine has no figures from around {moment}. Use another interval, or press refresh later."),
    "store_away": Sentence(
        "no_data", "저장소 읽기 실패", "잠시 뒤 다시 시도하세요.",
        "Store not readable", "Try again in a moment."),
    "nothing_stored": Sentence(
        "no_data", "저장된 자료 없음", "장중에 Excel이나 xlwings-kis record 로 저장해 두세요.",
        "Nothing stored", "Keep Excel or xlwings-kis record running while the market is open."),
    "demo_keeps_nothing": Sentence(
        "no_data", "예시는 저장하지 않음", "XLWINGS_KIS_DEMO를 끄고 다시 실행하세요.",
        "The demo keeps nothing", "Switch XLWINGS_KIS_DEMO off and run it again."),
    "store_damaged": Sentence(
        "no_data", "저장 파일 손상", "그 파일은 지우지 않고 {file} 이름으로 옮겨 두었습니다. 명령을 다시 실행하세요.",
        "The store was damaged", "Its file was moved to {file}, not removed. Run the command again."),
    "nothing_to_import": Sentence(
        "no_data", "가져올 응답 없음", "KIS의 응답을 저장한 JSON 파일이 있는 폴더를 넣으세요.",
        "Nothing to import", "Give a folder with JSON files that hold KIS's answers."),
    "no_json": Sentence(
        "answer", "JSON이 아닌 파일", "KIS의 응답을 그대로 저장한 파일을 넣으세요.",
        "Not JSON", "Give files that hold KIS's answers as they came."),
    "no_time": Sentence(
        "answer", "시각이 없는 파일", "파일 이름을 KRX_KOSPI_20261120_103000.json처럼 바꾸세요.",
        "No time", "Name the file like KRX_KOSPI_20261120_103000.json."),
    "future_answer": Sentence(
        "answer", "아직 오지 않은 시각", "파일에 적힌 시각을 확인하세요.",
        "A time still to come", "Check the time the file says."),
    "refused_answer": Sentence(
        "answer", "정상 응답이 아님", "rt_cd가 0인 응답을 저장한 파일을 넣으세요.",
        "Not a successful answer", "Give files with answers whose rt_cd is 0."),
    "large_file": Sentence(
        "answer", "지나치게 큰 파일", "파일 하나에 응답 하나만 저장하세요.",
        "Far too large", "Save one answer a file."),
    "unknown_exchange": Sentence(
        "argument", "거래소를 알 수 없음", '"{word}". KRX(J), NXT(NX) 또는 통합(UN)을 넣으세요.',
        "Unknown exchange", '"{word}". Use KRX (J), NXT (NX) or UN.'),
    "unknown_market": Sentence(
        "argument", "시장을 알 수 없음", '"{word}". 코스피(1) 또는 코스닥(4)을 넣으세요.',
        "Unknown market", '"{word}". Use KOSPI (1) or KOSDAQ (4).'),
    "unknown_investor": Sentence(
        "argument", "투자자를 알 수 없음", '"{word}". 개인, 외국인, 기관계, 금융투자 등 표의 이름이나 코드를 넣으세요.',
        "Unknown investor", '"{word}". Use a name or code of the table, such as 외국인 or 9100.'),
    "unknown_field": Sentence(
        "argument", "항목을 알 수 없음", '"{word}". 전체·차익·비차익, 매도·매수·순매수, 수량·대금 또는 열 이름을 넣으세요.',
        "Unknown field", '"{word}". Use words such as 비차익 순매수 대금, or a column name.'),
    "many_fields": Sentence(
        "argument", "항목이 여럿임", '"{word}". 한 값만 가리키는 항목(예: 비차익순매수대금)을 넣으세요.',
        "More than one field", '"{word}". Name one figure, such as 비차익순매수대금.'),
    "unknown_moment": Sentence(
        "argument", "시각을 알 수 없음", '"{word}". 10:30, 2026-11-20 10:30, 마감 또는 전일마감처럼 넣으세요.',
        "Unknown moment", '"{word}". Use 10:30, 2026-11-20 10:30, 마감 (close) or 전일마감 (previous close).'),
    "unknown_day": Sentence(
        "argument", "날짜를 알 수 없음", '"{word}". 2026-11-20 또는 11/20처럼 넣거나 비우세요.',
        "Unknown day", '"{word}". Use 2026-11-20 or 11/20, or leave it blank.'),
    "unknown_minutes": Sentence(
        "argument", "간격을 알 수 없음", '"{word}". 1에서 720 사이의 분을 넣으세요.',
        "Unknown interval", '"{word}". Use minutes from 1 to 720.'),
    "state_folder": Sentence(
        "file", "상태 폴더 쓰기 실패", "XLWINGS_KIS_HOME이 이 PC의 쓸 수 있는 폴더인지, 디스크에 자리가 있는지 확인하세요.",
        "State folder not writable", "Check that XLWINGS_KIS_HOME is a writable folder of this machine and that the disk has room."),
    "store_held": Sentence(
        "file", "기록 저장 실패", "디스크에 자리가 있는지, 다른 프로그램이 상태 폴더의 저장 파일을 열고 있지 않은지 확인하세요.",
        "Nothing was stored", "Check that the disk has room and that no other program holds the store in the state folder."),
    "cannot_write": Sentence(
        "file", "파일 쓰기 실패", "{file}: {reason} 다른 이름이나 폴더로 다시 저장하세요.",
        "Cannot write the file", "{file}: {reason} Save under another name or folder."),
    "updated_meanwhile": Sentence(
        "settings", "새 판이 설치됨", "xlwings-kis가 {version} 판입니다. xlwings-kis addin install 을 다시 실행하세요.",
        "Updated meanwhile", "xlwings-kis is {version} now. Run xlwings-kis addin install again."),
    "no_pandas": Sentence(
        "settings", "pandas가 없습니다", "명령 프롬프트에서 python -m pip install pandas 를 실행하세요.",
        "pandas is missing", "Run python -m pip install pandas in a command prompt."),
    "addin_elsewhere": Sentence(
        "settings", "Windows 전용",
        "추가 기능은 Windows의 Excel에만 설치됩니다. 여기서는 xlwings-kis addin build 로 파일을 만들어 옮기세요.",
        "Windows only", "The add-in is for Excel on Windows. Here, make the files with xlwings-kis addin build and carry them over."),
    "addin_on_mac": Sentence(
        "settings", "Windows 전용",
        "Mac의 Excel은 수식(UDF)을 부르지 못합니다(xlwings Server 방식은 준비 중). 여기서는 xlwings-kis table KRX 코스피 -o 표.xlsx 를 쓰세요.",
        "Windows only",
        "Excel on a Mac cannot call the formulas (a way by xlwings Server is being prepared). Here, use xlwings-kis table KRX KOSPI -o table.xlsx."),
    "no_user_folder": Sentence(
        "settings", "사용자 폴더 없음", "APPDATA와 USERPROFILE이 있는 보통 사용자의 명령 프롬프트에서 다시 실행하세요.",
        "No user folder", "Run it again in an ordinary user's command prompt, where APPDATA and USERPROFILE are set."),
    "store_python": Sentence(
        "settings", "Store Python",
        "Microsoft Store의 Python은 격리되어 Excel이 부르지 못합니다. python.org의 Python에 xlwings-kis를 설치하고 거기서 다시 실행하세요.",
        "Store Python",
        "Python from the Microsoft Store lives in a sandbox that Excel cannot see into. Install xlwings-kis in Python from python.org and run it again there."),
    "dll_user": Sentence(
        "settings", "DLL 위치 오류",
        "pip --user로 설치되어 {dll}이 Excel이 찾는 곳에 없습니다. py -m venv 로 만든 가상 환경에 xlwings-kis를 설치하고 거기서 다시 실행하세요.",
        "DLL in the wrong place",
        "It was installed with pip --user, and {dll} is not where Excel looks. Install xlwings-kis in a virtual environment (py -m venv) and run it again there."),
    "dll_missing": Sentence(
        "settings", "DLL 없음",
        "{dll}이 Python 폴더에 없습니다. pip install --force-reinstall xlwings 를 실행하고, 다시 사라지면 백신의 검역소를 확인하세요.",
        "DLL missing",
        "{dll} is not in Python's folder. Run pip install --force-reinstall xlwings, and look into the virus scanner's quarantine if it vanishes again."),
    "unreadable_path": Sentence(
        "settings", "읽을 수 없는 경로",
        "Python 폴더 이름에 Excel이 읽지 못하는 글자가 있습니다. 영문 이름의 폴더에 가상 환경을 만들어 다시 설치하세요.",
        "Unreadable path",
        "Python's folder has letters that Excel cannot read. Make a virtual environment in a folder with an English name and install there."),
    "python_start": Sentence(
        "settings", "Python 시작 실패",
        "Excel이 부르는 방식으로는 Python이 켜지지 않습니다. py -m venv 로 만든 가상 환경(conda 아님)에 다시 설치하세요.",
        "Python does not start",
        "Started the way Excel does it, Python fails. Install again in a virtual environment made with py -m venv (not conda)."),
    "macros_blocked": Sentence(
        "settings", "매크로 막힘",
        "회사 정책({setting})입니다. 전산팀에 서명이나 예외를 요청하세요. 그동안은 매크로 없이 xlwings-kis record --csv 폴더 로 계속 새로 쓰는 CSV 파일을 Excel에서 열 수 있습니다.",
        "Macros are blocked",
        "It is your company's policy ({setting}). Ask IT to sign the add-in or to exempt it. Until then, without macros, open the CSV files that xlwings-kis record --csv FOLDER keeps up to date."),
    "macros_off": Sentence(
        "settings", "매크로 꺼짐",
        "Excel의 파일 > 옵션 > 보안 센터에서 매크로와 신뢰할 수 있는 위치({setting})를 켜세요. 매크로 없이는 xlwings-kis record --csv 폴더 로 계속 새로 쓰는 CSV 파일을 Excel에서 열 수 있습니다.",
        "Macros are off",
        "Turn on macros or trusted locations ({setting}) in Excel's File > Options > Trust Center. Without macros, open the CSV files that xlwings-kis record --csv FOLDER keeps up to date."),
    "children_blocked": Sentence(
        "settings", "Python 실행 차단",
        "Defender의 ASR 규칙 d4f940ab-401b-4efc-aadc-ad5f3c50688a가 막습니다. 전산팀에 Excel에서 Python을 켜는 예외를 요청하세요.",
        "Python is blocked",
        "Defender's ASR rule d4f940ab-401b-4efc-aadc-ad5f3c50688a stops it. Ask IT to let Excel start Python."),
    "addin_disabled": Sentence(
        "settings", "Excel이 꺼 둠",
        "Excel의 파일 > 옵션 > 추가 기능 > 관리: 사용할 수 없는 항목에서 xlwings_kis.xlam을 '사용'으로 바꾸세요.",
        "Switched off by Excel",
        "Enable xlwings_kis.xlam in Excel's File > Options > Add-ins > Manage: Disabled Items."),
    "addin_held": Sentence(
        "file", "Excel이 사용 중",
        "{file} 파일을 바꿀 수 없습니다. 셀 편집을 마치고 Excel을 모두 닫은 뒤 xlwings-kis addin {command} 을 다시 실행하세요.",
        "Excel has it open",
        "{file} cannot be changed. Finish editing, close every Excel, and run xlwings-kis addin {command} again."),
    "addin_unwritable": Sentence(
        "file", "파일 쓰기 실패", "{place}에 쓸 수 있는지, 디스크에 자리가 있는지 확인하세요.",
        "Cannot write the file", "Check that {place} can be written and that the disk has room."),
    "other_xlwings": Sentence(
        "addin", "낯선 xlwings 판",
        "이 xlwings 판은 아직 맞추지 못했습니다({version}). pip install -U xlwings-kis 를 실행한 뒤 다시 하세요.",
        "Unknown xlwings release",
        "This xlwings ({version}) is not known yet. Run pip install -U xlwings-kis and try again."),
    "no_mail": Sentence(
        "settings", "메일 설정이 없습니다", "다음 값을 넣으세요: {names}.",
        "No mail settings", "Set {names}."),
    "no_mail_password": Sentence(
        "settings", "메일 비밀번호 없음", "명령 프롬프트에서 xlwings-kis login --mail 을 실행하세요.",
        "No mail password", "Run xlwings-kis login --mail in a command prompt."),
    "plain_mail": Sentence(
        "settings", "암호화되지 않은 메일", "XLWINGS_KIS_MAIL_SECURITY를 starttls 또는 tls로 바꾸세요(이 PC 자신만 예외).",
        "Unencrypted mail", "Set XLWINGS_KIS_MAIL_SECURITY to starttls or tls (only this machine itself may do without)."),
    "mail_template_file": Sentence(
        "settings", "메일 서식 읽기 실패", "{file} 파일이 있는지, 텍스트 파일인지 확인하세요.",
        "Cannot read the mail template", "Check that {file} is there and is a text file."),
    "mail_template_name": Sentence(
        "settings", "메일 서식 오류", "{file}의 {word}을(를) 쓸 수 있는 이름(docs/mail.md)으로 고치세요.",
        "Unknown name in the mail template", "Replace {word} in {file} by a name of docs/mail.md."),
    "wrong_address": Sentence(
        "argument", "메일 주소가 아님", '"{word}". 이름@회사.kr처럼 적고 쉼표가 든 이름은 따옴표로 묶으세요.',
        "Not a mail address", '"{word}". Write name@company.kr, and names with commas in quotes.'),
    "mail_refused": _undelivered(
        "수신 거부: {who}", "받는 주소를 확인하세요.",
        "refused: {who}", "Check the addresses."),
    "mail_unreachable": _undelivered(
        "서버 연결 실패", "{host} 접속이 막혔는지 전산팀에 문의하세요.",
        "cannot connect", "Ask your IT department whether {host} is blocked."),
    "mail_certificate": _undelivered(
        "인증서 확인 실패", "사내 보안 장비의 루트 인증서가 설치되어 있는지 확인하세요.",
        "certificate not trusted", "Check that your company's root certificate is installed."),
    "mail_no_tls": _undelivered(
        "암호화 연결 실패", "XLWINGS_KIS_MAIL_SECURITY와 포트를 확인하세요.",
        "no encryption", "Check XLWINGS_KIS_MAIL_SECURITY and the port."),
    "mail_login": _undelivered(
        "로그인 거절 {reply}", "xlwings-kis login --mail 로 비밀번호(앱 비밀번호)를 다시 저장하세요.",
        "login refused {reply}", "Store the password (or app password) again with xlwings-kis login --mail."),
    "mail_no_login": _undelivered(
        "비밀번호 로그인 미지원", "메일 관리자에게 SMTP 로그인을 쓸 수 있는지 문의하세요.",
        "no login by password", "Ask your mail administrator whether SMTP login is allowed."),
    "mail_sender": _undelivered(
        "보내는 주소 거절 {reply}", "XLWINGS_KIS_MAIL_FROM을 확인하세요.",
        "sender refused {reply}", "Check XLWINGS_KIS_MAIL_FROM."),
    "mail_rejected": _undelivered(
        "서버 거절 {reply}", "서버의 답({msg})을 메일 관리자에게 문의하세요.",
        "refused by the server {reply}", "Ask your mail administrator about its answer ({msg})."),
    "mail_cut": _undelivered(
        "연결 끊김", "잠시 뒤 다시 보내세요.",
        "connection lost", "Send it again in a moment."),
    "mail_slow": _undelivered(
        "서버 응답 없음", "잠시 뒤 다시 보내세요.",
        "no answer from the server", "Send it again in a moment."),
    "mail_unreadable": _undelivered(
        "보고서 읽기 실패", "다른 프로그램이 열고 있는지 확인하세요.",
        "cannot read the report", "Check that no other program holds it."),
    "mail_partly": Sentence(
        "delivery", "메일을 일부만 보냈습니다(수신 거부: {who})", "나머지 {sent}명에게는 보냈습니다. 보고서는 저장되어 있습니다: {file}. 거부된 주소를 확인하세요.",
        "The mail was sent in part (refused: {who})", "{sent} others have got it. The report is kept: {file}. Check the refused addresses."),
    "mail_unsure": Sentence(
        "delivery", "메일이 도착했는지 알 수 없습니다(마지막 응답 없음)", "보고서는 저장되어 있습니다: {file}. 받는 사람에게 확인한 뒤 다시 보내세요.",
        "Nobody knows whether the mail has arrived (no last answer)", "The report is kept: {file}. Ask a recipient before sending it again."),
    "no_clipboard": Sentence(
        "file", "클립보드를 쓸 수 없음", "다른 프로그램이 쓰고 있지 않은지 확인하고 다시 누르세요.",
        "Clipboard not available", "Check that no other program holds it, and try again."),
    "no_windows": Sentence(
        "file", "Windows 전용", "이 단추는 Windows의 Excel에서 누르세요.",
        "Windows only", "Press this button in Excel on Windows."),
    "internal": Sentence(
        "internal", "프로그램 오류", "xlwings-kis를 최신판으로 올리고, 계속되면 알려 주세요({what}).",
        "Our own error", "Update xlwings-kis and report it if it stays ({what})."),
}  # fmt: skip

SAID: dict[str, tuple[str, str]] = {
    "copied": ("클립보드에 복사했습니다.", "Copied to the clipboard."),
}
"""What is said when all went well (ko, en)."""

_TO_WHO_ASKS_ONCE: tuple[tuple[str, str], ...] = (
    ("자동으로 다시 조회합니다.", "다시 시도하세요."),
    ("자동으로 다시 시도합니다.", "다시 시도하세요."),
    ("새로고침을 누르면 도착한 값이 표시됩니다.", "잠시 뒤 다시 시도하세요."),
    ("오늘 값이 오면 표시됩니다.", "잠시 뒤 다시 시도하세요."),
    ('=KIS_PROGRAM_AT(…,"전일마감")', "xlwings-kis table … --at 전일마감"),
    ("It is asked again by itself shortly.", "Try again in a moment."),
    ("It is tried again by itself shortly.", "Try again in a moment."),
    ("It is tried again by itself after", "Try again after"),
    ("It is tried again by itself when", "Try again when"),
    (
        "so Excel did not wait. Refresh shows what has arrived since.",
        "so it was not waited for. Try again in a moment.",
    ),
    ("Today's show as they come.", "Try again in a moment."),
)
"""What a formula is promised, and what a command, a script or a saved file says instead: it has ended, and asks nobody again.

Put into a sentence before its facts, so that no word of KIS's is changed.
"""

_BROKEN: dict[str, tuple[str, str]] = {
    "html": ("KIS 대신 다른 페이지가 왔습니다.", "A web page came instead of KIS's answer."),
    "json": ("답이 JSON이 아닙니다.", "The answer is no JSON."),
    "cut": ("답이 중간에 끊겼습니다.", "The answer was cut off."),
    "empty": ("빈 답이 왔습니다.", "The answer was empty."),
    "large": ("답이 지나치게 큽니다.", "The answer was far too large."),
    "redirect": ("다른 주소로 보내는 답이 왔습니다.", "The answer sends elsewhere."),
    "token": ("토큰 답을 읽을 수 없습니다.", "The token answer cannot be read."),
}

_LONGEST_FACT = 120
_QUOTING = ("refused",)
"""Sentences whose second half is KIS's own words, after a colon."""


def broken(kind: str, lang: str = "ko") -> str:
    """What was wrong with a broken answer, as the `what` of `broken_answer`."""
    return _BROKEN[kind][0 if lang == "ko" else 1]


def said(key: str, lang: str = "ko", **facts: str) -> str:
    """A sentence of `SAID`, filled with facts that are cut and cleaned."""
    template = SAID[key][0 if lang == "ko" else 1]
    return template.format_map({name: clean(fact) for name, fact in facts.items()})


def clean(text: str, longest: int = _LONGEST_FACT) -> str:
    """Foreign text made harmless to show: control characters and halves of letters out, runs of blanks folded, cut."""
    text = " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def family(key: str) -> str:
    """Which branch of the exception tree a sentence belongs to."""
    return _row(key).family


def cause(key: str, lang: str = "ko", code: str = "", facts: dict[str, str] | None = None) -> str:
    """What happened, with KIS's code in brackets."""
    row = _row(key)
    return _fill(row.cause_ko if lang == "ko" else row.cause_en, lang, code, facts)


def remedy(
    key: str, lang: str = "ko", code: str = "", facts: dict[str, str] | None = None, *, once: bool = False
) -> str:
    """What to do. `once`: for whoever asks one time; else it may say that it is asked again by itself."""
    row = _row(key)
    template = row.remedy_ko if lang == "ko" else row.remedy_en
    for promised, instead in _TO_WHO_ASKS_ONCE if once else ():
        template = template.replace(promised, instead)
    return _fill(template, lang, code, facts)


def sentence(
    key: str, lang: str = "ko", code: str = "", facts: dict[str, str] | None = None, *, once: bool = False
) -> str:
    """Cause and remedy; arguments and quotations keep their colon (`시장을 알 수 없음: "…"`). `once`: see `remedy`."""
    joint = ": " if family(key) == "argument" or key in _QUOTING else ". "
    return cause(key, lang, code, facts) + joint + remedy(key, lang, code, facts, once=once)


def filled(template: str, facts: dict[str, str]) -> str:
    """A text of another table with its facts, cut and cleaned as in a sentence."""
    return _fill(template, "ko", "", facts)


def _row(key: str) -> Sentence:
    """A sentence; a store may hold the key of one that only a newer version knows."""
    return SENTENCES.get(key, SENTENCES["no_answer"])


def _fill(template: str, lang: str, code: str, facts: dict[str, str] | None) -> str:
    values = {name: clean(value) for name, value in (facts or {}).items()}
    if "broken" in values:
        values["what"] = broken(values["broken"], lang)
    if "line" in values:
        values["where"] = values["line"] and (f" {values['line']}행" if lang == "ko" else f" line {values['line']}")
    return template.format_map(_Facts(values, code=f"({clean(code, 12)})" if code else ""))


class _Facts(dict[str, str]):
    """Facts of a sentence: one that is missing must not cost the sentence."""

    def __missing__(self, name: str) -> str:
        return "…"
