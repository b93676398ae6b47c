# shellcheck shell=bash
# The one table of what the quick start says: key, Vietnamese, English (printf formats).
declare -A GV_VI GV_EN

m() {
    GV_VI[$1]=$2
    GV_EN[$1]=$3
}

# say KEY [ARG…]: a line in the language of the run.
say() {
    local key=$1 format
    shift
    if [ "${GV_LANG_NAME-vi}" = en ]; then format=${GV_EN[$key]-}; else format=${GV_VI[$key]-}; fi
    # shellcheck disable=SC2059 # the table holds formats
    printf -- "${format:-$key}\n" "$@"
}

m usage 'Cách dùng: deploy/quickstart [--out THƯ-MỤC] [--keep] [--lang vi|en]' \
    'usage: deploy/quickstart [--out DIR] [--keep] [--lang vi|en]'
m demo 'TRÌNH DIỄN: mọi số liệu trong lần chạy này là số liệu trình diễn, không phải số liệu thật.' \
    'DEMONSTRATION: every figure of this run is invented («số liệu trình diễn»), none is real.'
m packages '== 0/7 Gói phần mềm cần có' '== 0/7 Packages'
m build '   biên dịch (cấu hình release) vào %s …' '   building (release profile) into %s …'
m build_done '   biên dịch xong: %s giây' '   built in %s s'
m build_failed 'biên dịch không thành công; những dòng cuối:' 'the build failed; its last lines:'

m step1 '== 1/7 Lập hệ thống trình diễn và chạy máy chủ' '== 1/7 A demonstration deployment and its coordinator'
m data '   dữ liệu tạm: %s (người dùng không đặc quyền vào được; xóa khi xong)' \
    '   data for this run: %s (reachable by the unprivileged server user; removed at the end)'
m data_keep '   dữ liệu: %s (giữ lại vì có --keep)' '   data: %s (stays: --keep)'
m root_key '   khóa gốc nằm trong tệp %s: chỉ để trình diễn; ngoài thực tế phải cất nơi không nối mạng' \
    '   the root key is the file %s: for this demonstration; a real one is kept offline'
m coordinator '   giaoviecd c1 sẵn sàng ở %s (pid %s), PostgreSQL riêng, chỉ qua socket Unix' \
    '   giaoviecd c1 is ready on %s (pid %s), with a private PostgreSQL on a Unix socket only'

m step2 '== 2/7 Đăng ký đơn vị và cấp mã ghi danh một lần' '== 2/7 Units and their one-time enrolment tokens'
m units '   %s đơn vị đã đăng ký; %s mã ghi danh' '   %s units registered; %s enrolment tokens'

m step3 '== 3/7 Chạy máy trạm của các đơn vị' '== 3/7 The units'"'"' agents'
m agents '   %s tiến trình riêng, mỗi tiến trình một đơn vị; %s đơn vị còn lại trong một tiến trình' \
    '   %s processes with one unit each; the other %s units in one process'
m enrolling '   ghi danh: %s/%s đơn vị đã nối' '   enrolling: %s/%s units connected'
m proxied '   %s nối qua cổng trung chuyển (socat), để sau này cắt được đường truyền' \
    '   %s connect through TCP proxies (socat), so that their links can be cut later'

m step4 '== 4/7 Đọc công văn, phân công, phê duyệt, giao việc' '== 4/7 The letter, the plan, the approval, the issue'
m letter '   đọc công văn và chỉ ra lỗi của bản quét:' '   the letter, and what its scan got wrong:'
m plan '   phương án phân công:' '   the allocation plan:'
m plan_open '   cần người quyết định:' '   a person must decide:'
m plan_decided '   Văn phòng đã quyết định:' '   the office has decided:'
m more '     … (%s dòng; đủ trong %s)' '     … (%s lines; all in %s)'
m issued '   đã giao: %s lượt giao đến %s đơn vị' '   issued: %s assignments to %s units'
m receiving '   lệnh đã tới nơi: %s/%s (đã tiếp nhận: %s)' '   orders received: %s/%s (accepted: %s)'

m step5 '== 5/7 Từ tháng 01 đến tháng 3 năm 2024 theo đồng hồ trình diễn: đơn vị tự báo cáo' \
    '== 5/7 January to March 2024 by the stepped clock: the units report by themselves'
m day '   %s  (%s/%s)' '   %s  (%s/%s)'
m returned '   %s trả lại nhiệm vụ %s: «%s»; Văn phòng giao lại cho %s' '   %s returns task %s: «%s»; the office re-issues it to %s'
m silent '   %s im lặng: máy trạm dừng từ ngày này' '   %s falls silent: its agent stops from this day'
m cut '   %s mất liên lạc: cắt đường truyền' '   %s is cut off: its link is down'
m healed '   %s nối lại: %s báo cáo tích lại đang gửi bù' '   %s is back: %s reports kept meanwhile are catching up'
m redo '   Văn phòng yêu cầu %s làm lại nhiệm vụ %s' '   the office asks %s to redo task %s'
m member '   %s (thành viên của %s) tiếp nhận và báo cáo bằng lệnh, có ký' '   %s (a member of %s) accepts and reports by signed commands'
m approved '   duyệt kết quả đã trình: %s' '   results approved: %s'
m board '   bảng theo dõi:' '   the board:'

m step6 '== 6/7 Đơn vị chậm: chuyển giao nhiệm vụ' '== 6/7 The late unit: its assignments move'
m transfer_one '   một nhiệm vụ (theo mã), từ %s sang %s: xem trước, rồi thực hiện' '   one, by its id, from %s to %s: preview, then done'
m transfer_filter '   theo điều kiện (mục %s): xem trước, rồi thực hiện' '   by filter (item %s): preview, then done'
m transfer_all '   toàn bộ phần còn lại: xem trước, rồi thực hiện' '   all that is left of the unit: preview, then done'
m preview '     xem trước:' '     preview:'
m results '     kết quả:' '     results:'
m late_evidence '   báo cáo muộn của %s đã tới: %s báo cáo chỉ lưu làm bằng chứng, không đổi gì ở %s:' \
    '   the late reports of %s have arrived: %s kept as late evidence, nothing changes at %s:'

m step7 '== 7/7 Báo cáo tổng hợp cho Ban Thường vụ Tỉnh ủy' '== 7/7 The summary for the Standing Committee'
m cells '   sáu ô đều có số; kỳ không báo cáo: %s; vi phạm đã báo: %s' '   all six cells are filled; periods missed: %s; breaches reported: %s'
m cell_empty 'trống: %s (lần chạy trình diễn phải có)' 'empty: %s (a demonstration must have it)'
m recount '   tính lại từ sổ gốc bằng recount.sql (vai trò chỉ đọc): sai khác %s' '   recount from the ledger by recount.sql (read-only role): difference %s'
m recount_differs 'tính lại từ sổ gốc không khớp báo cáo tổng hợp' 'the recount from the ledger differs from the summary'
m written '   đã ghi %s: summary.json, summary.csv, recount.sql' '   written to %s: summary.json, summary.csv, recount.sql'
m finished 'Xong: %s giây sau khi biên dịch.' 'Done: %s s after the build.'

m keep 'Hệ thống vẫn chạy (--keep). Lệnh để tiếp tục:' 'It keeps running (--keep). To go on:'
m keep_running '   đang chạy: %s' '   running: %s'
m keep_stop '   dừng và xóa tất cả: %s' '   stop it and remove everything: %s'
m cleaned 'Đã dừng mọi tiến trình và xóa dữ liệu tạm.' 'Every process is stopped and the data of this run is removed.'
m failed 'KHÔNG THÀNH CÔNG ở: %s' 'FAILED at: %s'
m failed_log '--- những dòng cuối của %s' '--- last lines of %s'
m failed_kept 'nhật ký đã chép vào %s' 'the logs are copied to %s'
m died 'tiến trình %s đã dừng ngoài dự kiến' 'the process %s ended unexpectedly'
m timeout 'quá %s giây mà chưa xong: %s' 'not done after %s s: %s'
m interrupted 'bị ngắt' 'interrupted'
