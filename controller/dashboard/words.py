"""What the dashboard says, in the show's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from controller.dashboard.filenames import Refusal
from shared.models import JobState, StepState


@dataclass(frozen=True)
class Words:
    """Every sentence of the dashboard in one language. Braces are filled by `str.format`, in the page's script too."""

    language: str

    # formats
    seconds: str
    minutes: str
    hours: str
    free: str
    under_a_cent: str
    this_year: str
    other_year: str

    # page
    dashboard: str
    skip: str
    site: str
    feed: str
    feed_address: str
    copy: str
    copied: str
    none_under_way: str
    one_under_way: str
    some_under_way: str
    episodes: str
    older: str
    newest: str
    empty_title: str
    empty_steps: tuple[str, ...]
    show_settings_wrong: str
    no_script: str
    unreachable: str

    # drop zone
    add: str
    drop_here: str
    or_choose: str
    accepted: str
    send: str
    queued: str
    sending: str
    received: str
    replaces: str
    dismiss: str
    cut_off: str
    refusals: Mapping[Refusal, tuple[str, str]]
    empty_file: tuple[str, str]
    too_large: tuple[str, str]
    no_file: tuple[str, str]
    no_length: tuple[str, str]
    no_room: tuple[str, str]

    # episode
    steps: Mapping[str, str]
    job_states: Mapping[JobState, str]
    step_states: Mapping[StepState, str]
    retry_in: str
    attempt: str
    episode_page: str
    audio: str
    feed_entry: str
    details: str
    retry: str
    retrying: str
    failed_at: str
    pipeline: str
    progress: str
    now_state: str

    # details
    back: str
    step: str
    state: str
    times_in: str
    attempts: str
    requested: str
    started: str
    finished: str
    took: str
    facts: str
    file: str
    bucket: str
    generation: str
    file_size: str
    job: str
    episode: str
    created: str
    updated: str
    duration: str
    cost: str
    made_by: str
    by_hand: str
    by_hand_retry: str
    by_hand_show: str
    unknown_job: tuple[str, str]


ENGLISH: Final = Words(
    language="en",
    seconds="{seconds} s",
    minutes="{minutes} min",
    hours="{hours} h {minutes} min",
    free="free (local)",
    under_a_cent="under $0.01",
    this_year="{day} {month_name}, {time}",
    other_year="{day} {month_name} {year}, {time}",
    dashboard="Dashboard",
    skip="Skip to the content",
    site="Published site",
    feed="Feed",
    feed_address="Address of the feed",
    copy="Copy",
    copied="Copied",
    none_under_way="Nothing under way",
    one_under_way="1 episode under way",
    some_under_way="{count} episodes under way",
    episodes="Episodes",
    older="Older episodes",
    newest="Back to the newest",
    empty_title="Your first episode is one recording away",
    empty_steps=(
        "Drop a recording above, or copy one into the input folder.",
        "Watch it being fetched, listened to and published.",
        "Subscribe to the feed in any podcast app.",
    ),
    show_settings_wrong="The show's settings cannot be read, so the defaults stand in for them.",
    no_script="Reload the page to see how far the episodes are.",
    unreachable="The controller does not answer. Trying again…",
    add="Add an episode",
    drop_here="Drop recordings here",
    or_choose="or choose files",
    accepted="MP3, M4A, WAV, FLAC, OGG, Opus or MP4, up to {size} each",
    send="Send",
    queued="Waiting for its turn",
    sending="Sending, {percent} %",
    received="Received",
    replaces="Received; it replaces the earlier recording of the same name",
    dismiss="Dismiss",
    cut_off="The transfer was cut off. Check that the controller is running, then drop the file again.",
    refusals={
        Refusal.NO_NAME: ("The file has no usable name.", "Rename it, then drop it again."),
        Refusal.TOO_LONG: (
            "The file's name is too long: a file system takes 255 bytes.",
            "Shorten the name, then drop the file again.",
        ),
        Refusal.NOT_AUDIO: (
            "This is not a kind of recording that can become an episode.",
            "Drop an MP3, M4A, WAV, FLAC, OGG, Opus or MP4 file.",
        ),
    },
    empty_file=("The file is empty.", "Export the recording again, then drop the new file."),
    too_large=("The file is larger than {size}.", "Compress it, for instance to FLAC or MP3, then drop it again."),
    no_file=("No file came with the request.", "Choose a recording first."),
    no_length=("The request does not say how long it is.", "Send it with a Content-Length header."),
    no_room=("There is no room left to store the file.", "Free some disk space, then drop the file again."),
    steps={"fetch": "Fetch", "process": "Process", "upload": "Upload", "notify": "Notify"},
    job_states={
        JobState.RECEIVED: "Received",
        JobState.FETCHING: "Fetching",
        JobState.PROCESSING: "Processing",
        JobState.AWAITING_REVIEW: "Awaiting review",
        JobState.SCHEDULED: "Scheduled",
        JobState.UPLOADING: "Uploading",
        JobState.NOTIFYING: "Notifying",
        JobState.COMPLETED: "Published",
        JobState.FAILED: "Failed",
        JobState.SUPERSEDED: "Superseded",
    },
    step_states={
        StepState.WAITING: "waiting",
        StepState.REQUESTED: "starting",
        StepState.RUNNING: "running",
        StepState.RETRYING: "retry",
        StepState.SUCCEEDED: "done",
        StepState.FAILED: "failed",
    },
    retry_in="in {time}",
    attempt="attempt {number}",
    episode_page="Episode page",
    audio="Audio",
    feed_entry="Feed entry",
    details="Details",
    retry="Retry",
    retrying="Asked for another attempt",
    failed_at="Stopped at: {step}",
    pipeline="Steps",
    progress="Progress of the running step",
    now_state="{title}: {state}",
    back="All episodes",
    step="Step",
    state="State",
    times_in="times in {zone}",
    attempts="Attempts",
    requested="Requested",
    started="Started",
    finished="Finished",
    took="Took",
    facts="Facts",
    file="File",
    bucket="Bucket",
    generation="Generation",
    file_size="Size",
    job="Job",
    episode="Episode",
    created="Received at",
    updated="Last change",
    duration="Length",
    cost="Cost",
    made_by="Words made by",
    by_hand="By hand",
    by_hand_retry="Resume from the failed step",
    by_hand_show="Show this job in a terminal",
    unknown_job=("There is no such job.", "Look it up in the list of episodes."),
)

JAPANESE: Final = Words(
    language="ja",
    seconds="{seconds}秒",
    minutes="{minutes}分",
    hours="{hours}時間{minutes}分",
    free="無料（ローカル）",
    under_a_cent="$0.01未満",
    this_year="{month}月{day}日 {time}",
    other_year="{year}年{month}月{day}日 {time}",
    dashboard="ダッシュボード",
    skip="本文へ移動",
    site="公開サイト",
    feed="フィード",
    feed_address="フィードのアドレス",
    copy="コピー",
    copied="コピーしました",
    none_under_way="処理中のエピソードはありません",
    one_under_way="1件を処理中",
    some_under_way="{count}件を処理中",
    episodes="エピソード",
    older="以前のエピソード",
    newest="最新に戻る",
    empty_title="録音をひとつ置けば、最初のエピソードになります",
    empty_steps=(
        "上の枠に録音をドロップするか、入力フォルダーにコピーします。",
        "取り込み、文字起こし、公開までの様子を見守ります。",
        "お好きなポッドキャストアプリでフィードを登録します。",
    ),
    show_settings_wrong="番組の設定を読み込めないため、既定値で表示しています。",
    no_script="進み具合を見るにはページを再読み込みしてください。",
    unreachable="コントローラーが応答しません。再接続しています…",
    add="エピソードを追加",
    drop_here="ここに録音をドロップ",
    or_choose="またはファイルを選択",
    accepted="MP3・M4A・WAV・FLAC・OGG・Opus・MP4、1件あたり{size}まで",
    send="送信",
    queued="順番待ち",
    sending="送信中 {percent} %",
    received="受け取りました",
    replaces="受け取りました。同じ名前の以前の録音を置き換えます",
    dismiss="閉じる",
    cut_off="送信が途切れました。コントローラーが動いているか確かめて、もう一度ドロップしてください。",
    refusals={
        Refusal.NO_NAME: ("使えるファイル名がありません。", "名前を変えて、もう一度ドロップしてください。"),
        Refusal.TOO_LONG: (
            "ファイル名が長すぎます。255バイトまでです。",
            "名前を短くして、もう一度ドロップしてください。",
        ),
        Refusal.NOT_AUDIO: (
            "エピソードにできる種類の録音ではありません。",
            "MP3・M4A・WAV・FLAC・OGG・Opus・MP4のファイルをドロップしてください。",
        ),
    },
    empty_file=("ファイルが空です。", "録音を書き出し直して、もう一度ドロップしてください。"),
    too_large=("ファイルが{size}を超えています。", "FLACやMP3などに圧縮して、もう一度ドロップしてください。"),
    no_file=("ファイルが送られてきませんでした。", "先に録音を選んでください。"),
    no_length=("リクエストの長さが分かりません。", "Content-Lengthヘッダーを付けて送ってください。"),
    no_room=("保存する空き容量がありません。", "ディスクの空きを増やして、もう一度ドロップしてください。"),
    steps={"fetch": "取り込み", "process": "文字起こし", "upload": "公開", "notify": "通知"},
    job_states={
        JobState.RECEIVED: "受付済み",
        JobState.FETCHING: "取り込み中",
        JobState.PROCESSING: "文字起こし中",
        JobState.AWAITING_REVIEW: "確認待ち",
        JobState.SCHEDULED: "公開予定",
        JobState.UPLOADING: "公開処理中",
        JobState.NOTIFYING: "通知中",
        JobState.COMPLETED: "公開済み",
        JobState.FAILED: "失敗",
        JobState.SUPERSEDED: "新しい版に置き換え済み",
    },
    step_states={
        StepState.WAITING: "待機",
        StepState.REQUESTED: "開始待ち",
        StepState.RUNNING: "実行中",
        StepState.RETRYING: "再試行",
        StepState.SUCCEEDED: "完了",
        StepState.FAILED: "失敗",
    },
    retry_in="あと{time}",
    attempt="{number}回目",
    episode_page="エピソードページ",
    audio="音声",
    feed_entry="フィード項目",
    details="詳細",
    retry="再試行",
    retrying="再試行を依頼しました",
    failed_at="止まった工程: {step}",
    pipeline="工程",
    progress="実行中の工程の進み具合",
    now_state="{title}: {state}",
    back="エピソード一覧",
    step="工程",
    state="状態",
    times_in="時刻は{zone}",
    attempts="試行回数",
    requested="依頼",
    started="開始",
    finished="終了",
    took="所要時間",
    facts="情報",
    file="ファイル",
    bucket="バケット",
    generation="世代",
    file_size="サイズ",
    job="ジョブ",
    episode="エピソード",
    created="受付日時",
    updated="最終更新",
    duration="長さ",
    cost="費用",
    made_by="文章の作成",
    by_hand="コマンド",
    by_hand_retry="失敗した工程から再開する",
    by_hand_show="端末でこのジョブを表示する",
    unknown_job=("そのジョブは見つかりません。", "エピソード一覧から探してください。"),
)


def words_for(language: str) -> Words:
    """The words in a BCP 47 language; English for those that have no table here."""
    return JAPANESE if language.lower().split("-")[0] == "ja" else ENGLISH
