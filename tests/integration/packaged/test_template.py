"""What is promised of the packaged template: nothing is lost, nobody is too mighty, nothing runs in circles."""

import json
import re

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.packaged

FUNCTIONS = {"detect_changes", "fan_out", "fan_out_shard", "process_hotel", "reprocess", "tick"}
WILDCARDS = {
    r"arn:\$\{AWS::Partition\}:logs:.*:log-group:/aws/lambda/[\w-]+:log-stream:\*": "Lambda makes up the stream's name",
    r"\$\{(Inbox|State|Published)Bucket\.Arn\}/[a-z]+/([a-z]+/)?\*": "keys below a prefix are not known before",
}
"""Every wildcard that an Allow may have, and why."""
TELLS_OTHERS = {
    "detect_changes": {"UrgentQueue"},
    "fan_out": {"ShardQueue"},
    "fan_out_shard": {"BulkQueue"},
    "reprocess": {"UrgentQueue", "BulkQueue"},
    "tick": {"BulkQueue"},
    "process_hotel": set(),
}
"""Which function sends to which queue. No path leads back to where it came from."""


def name_of(function):
    """The function's name in serverless.yml."""
    return function["Handler"].split("/")[1]


def listed(value):
    return value if isinstance(value, list) else [value]


def target(reference):
    """The logical name that a `Fn::GetAtt`, `Ref` or `Fn::Sub` of an ARN leads to; an ARN that names a queue, too."""
    if "Fn::GetAtt" in reference:
        return reference["Fn::GetAtt"][0]
    if "Ref" in reference:
        return reference["Ref"]
    return re.sub(r"^\$\{(\w+)\.Arn\}.*$", r"\1", reference["Fn::Sub"])


@pytest.fixture(scope="session")
def functions(of_type):
    """Every function by its name in serverless.yml."""
    return {name_of(function): function for function in of_type("Lambda::Function").values()}


@pytest.fixture(scope="session")
def mappings(of_type, resources):
    """Every event source mapping, with the name of its function and of its queue."""
    return [
        (name_of(resources[target(mapping["FunctionName"])]["Properties"]), target(mapping["EventSourceArn"]), mapping)
        for mapping in of_type("Lambda::EventSourceMapping").values()
    ]


@pytest.fixture(scope="session")
def statements(functions, resources):
    """What each function's role allows."""
    found = {}
    for name, function in functions.items():
        role = resources[target(function["Role"])]["Properties"]
        assert "ManagedPolicyArns" not in role
        found[name] = [line for policy in role["Policies"] for line in policy["PolicyDocument"]["Statement"]]
    return found


def granted(lines, action):
    """What an action is allowed on, as logical names, with the prefix of keys where there is one."""
    return {
        json.dumps(resource, sort_keys=True)
        for line in lines
        if action in listed(line["Action"])
        for resource in listed(line["Resource"])
    }


class TestQueues:
    def test_have_each_a_place_for_what_was_given_up(self, of_type):
        """Every queue redrives into a dead-letter queue that keeps messages as long as SQS can."""
        queues = of_type("SQS::Queue")
        redriven = {
            name: target(queue["RedrivePolicy"]["deadLetterTargetArn"])
            for name, queue in queues.items()
            if "RedrivePolicy" in queue
        }
        assert set(queues) == set(redriven) | {name for name in queues if name.endswith("DeadLetters")}
        assert set(redriven.values()) <= set(queues)
        assert len(set(redriven.values())) == len(redriven) >= 6
        assert {queue["MessageRetentionPeriod"] for queue in queues.values()} == {14 * 24 * 3600}

    def test_hide_a_message_for_six_timeouts(self, of_type, functions, mappings):
        """Nobody else gets a message while a function may still be at it."""
        queues = of_type("SQS::Queue")
        for function, queue, _ in mappings:
            assert queues[queue]["VisibilityTimeout"] >= 6 * functions[function]["Timeout"]

    def test_are_encrypted_and_take_messages_of_the_inbox_alone(self, of_type):
        """The one service that may send to a queue is S3, for the account's own inbox."""
        assert {queue["SqsManagedSseEnabled"] for queue in of_type("SQS::Queue").values()} == {True}
        for policy in of_type("SQS::QueuePolicy").values():
            (line,) = policy["PolicyDocument"]["Statement"]
            assert line["Principal"] == {"Service": "s3.amazonaws.com"}
            assert line["Action"] == "sqs:SendMessage"
            assert "-inbox-" in line["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
            assert line["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}

    def test_are_watched(self, of_type):
        """The depth of every dead-letter queue and the age of every other queue's oldest message raise an alarm."""
        watched = {
            (dimension["Value"], alarm["MetricName"])
            for alarm in of_type("CloudWatch::Alarm").values()
            for dimension in alarm.get("Dimensions", [])
            if dimension["Name"] == "QueueName" and alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
        }
        wanted = {
            (
                queue["QueueName"],
                "ApproximateNumberOfMessagesVisible"
                if "RedrivePolicy" not in queue
                else "ApproximateAgeOfOldestMessage",
            )
            for queue in of_type("SQS::Queue").values()
        }
        assert wanted <= watched


class TestFunctions:
    def test_are_what_the_design_names(self, functions):
        """Six functions, on Python 3.13 and x86-64, each with a reservation of its own."""
        assert set(functions) == FUNCTIONS
        for function in functions.values():
            assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["x86_64"])
            assert function["ReservedConcurrentExecutions"] >= 1

    def test_say_which_message_failed(self, mappings):
        """One message that fails does not bring back the others; each is an invocation of its own."""
        for _, _, mapping in mappings:
            assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
            assert mapping["BatchSize"] == 1

    def test_are_called_no_more_often_at_once_than_is_reserved(self, functions, mappings):
        """The sources of a function add up to no more than its reservation: none is throttled by another."""
        for name, function in functions.items():
            sources = [
                mapping["ScalingConfig"]["MaximumConcurrency"] for other, _, mapping in mappings if other == name
            ]
            assert sum(sources) <= function["ReservedConcurrentExecutions"]

    def test_leave_the_rest_of_the_account_something(self, functions):
        """Lambda insists on a hundred unreserved ones of the account's thousand."""
        assert sum(function["ReservedConcurrentExecutions"] for function in functions.values()) <= 900

    def test_get_urgent_work_by_another_queue_than_bulk(self, mappings):
        """`process_hotel` reads both, and what is not urgent cannot take all of it."""
        assert {queue for name, queue, _ in mappings if name == "process_hotel"} == {"UrgentQueue", "BulkQueue"}

    def test_know_how_often_a_message_comes(self, functions, of_type):
        """What `process_hotel` takes for the last receive is the queues' own limit."""
        told = functions["process_hotel"]["Environment"]["Variables"]["IMAGE_RELEASE_MAX_RECEIVES"]
        for queue in ("UrgentQueue", "BulkQueue"):
            assert int(told) == of_type("SQS::Queue")[queue]["RedrivePolicy"]["maxReceiveCount"]

    def test_keep_their_logs_for_a_while(self, of_type, functions):
        """Every function has a log group, and no log is kept for ever."""
        groups = of_type("Logs::LogGroup")
        assert {group["LogGroupName"] for group in groups.values()} == {
            f"/aws/lambda/{function['FunctionName']}" for function in functions.values()
        }
        assert all(group["RetentionInDays"] <= 90 for group in groups.values())

    def test_are_watched(self, of_type, functions):
        """The share of errors of each function, the account's concurrency and what Google is paid raise an alarm."""
        alarms = of_type("CloudWatch::Alarm").values()
        rates = [
            query["MetricStat"]["Metric"]
            for alarm in alarms
            for query in alarm.get("Metrics", [])
            if "MetricStat" in query
        ]
        watched = {metric["Dimensions"][0]["Value"] for metric in rates if metric["MetricName"] == "Errors"}
        assert watched == {function["FunctionName"] for function in functions.values()}
        assert {"ConcurrentExecutions", "ImagesTagged"} <= {alarm.get("MetricName") for alarm in alarms}


class TestRights:
    def test_are_each_functions_own(self, functions, of_type):
        """No two functions share a role, and there is no role that nobody has."""
        roles = [target(function["Role"]) for function in functions.values()]
        assert sorted(roles) == sorted(of_type("IAM::Role"))

    def test_have_no_wildcard_that_is_not_explained(self, statements):
        """No action is a pattern; a resource is one only where the list above says why."""
        for lines in statements.values():
            for line in lines:
                assert line["Effect"] == "Allow"
                assert not [action for action in listed(line["Action"]) if "*" in action]
                for resource in listed(line["Resource"]):
                    text = resource["Fn::Sub"] if "Fn::Sub" in resource else json.dumps(resource)
                    if "*" in text:
                        assert [pattern for pattern in WILDCARDS if re.fullmatch(pattern, text)], text

    def test_to_write_what_is_published_are_the_hotels_functions_alone(self, statements):
        """Nobody but `process_hotel` writes or deletes in the published bucket."""
        for action in ("s3:PutObject", "s3:DeleteObject"):
            writers = {
                name for name, lines in statements.items() if "PublishedBucket" in " ".join(granted(lines, action))
            }
            assert writers == {"process_hotel"}

    def test_to_the_secret_are_the_taggers_alone(self, statements):
        """Only the function that sends images to Google reads its key."""
        assert {name for name, lines in statements.items() if granted(lines, "ssm:GetParameter")} == {"process_hotel"}


class TestCircles:
    def test_nothing_is_written_into_the_inbox(self, statements):
        """What is put into the inbox triggers functions, so no function may put anything there."""
        for lines in statements.values():
            assert "InboxBucket" not in " ".join(granted(lines, "s3:PutObject") | granted(lines, "s3:DeleteObject"))

    def test_only_the_inbox_tells_anybody(self, of_type):
        """State and published, which functions write, notify nobody."""
        told = [name for name, bucket in of_type("S3::Bucket").items() if "NotificationConfiguration" in bucket]
        assert told == ["InboxBucket"]

    def test_no_function_sends_where_a_message_could_lead_back_to_it(self, statements, mappings):
        """The queues that functions may send to and read make a graph without a circle."""
        readers = {queue: name for name, queue, _ in mappings}
        sends = {
            name: {target(json.loads(queue)) for queue in granted(lines, "sqs:SendMessage")} & set(readers)
            for name, lines in statements.items()
        }
        assert sends == TELLS_OTHERS
        for name, queues in sends.items():
            reached, ahead = set(), {readers[queue] for queue in queues}
            while ahead - reached:
                reached |= ahead
                ahead = {readers[queue] for function in ahead for queue in sends[function]}
            assert name not in reached


class TestBuckets:
    def test_are_private_and_encrypted(self, of_type):
        """All of them, the one for deployments included."""
        buckets = of_type("S3::Bucket")
        assert set(buckets) == {"InboxBucket", "StateBucket", "PublishedBucket", "ServerlessDeploymentBucket"}
        for bucket in buckets.values():
            assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
            assert len(bucket["PublicAccessBlockConfiguration"]) == 4
            assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    def test_refuse_who_does_not_encrypt_the_way(self, of_type):
        """The only policies of buckets are refusals of requests without TLS."""
        for policy in of_type("S3::BucketPolicy").values():
            (line,) = policy["PolicyDocument"]["Statement"]
            assert line["Effect"] == "Deny"
            assert str(line["Condition"]["Bool"]["aws:SecureTransport"]).lower() == "false"
        assert len(of_type("S3::BucketPolicy")) == len(of_type("S3::Bucket"))

    def test_delete_nothing_by_age_and_outlive_the_stack(self, of_type, resources):
        """Originals and renditions go when nothing names them; what ends by age is an unfinished upload."""
        for name, bucket in of_type("S3::Bucket").items():
            for rule in bucket.get("LifecycleConfiguration", {}).get("Rules", []):
                assert set(rule) == {"Id", "Status", "AbortIncompleteMultipartUpload"}
            if name != "ServerlessDeploymentBucket":
                assert resources[name]["DeletionPolicy"] == "Retain"

    def test_tell_the_right_queue_of_what_comes_in(self, of_type):
        """Every prefix that people and partners put files below has its queue."""
        configurations = of_type("S3::Bucket")["InboxBucket"]["NotificationConfiguration"]["QueueConfigurations"]
        told = {
            one["Filter"]["S3Key"]["Rules"][0]["Value"]: one["Queue"]["Fn::Sub"].rsplit("-", 1)[1]
            for one in configurations
        }
        assert told == {
            "catalogues/": "catalogue",
            "accepts/catalogues/": "catalogue",
            "releases/": "release",
            "accepts/releases/": "release",
            "requests/": "request",
            "overrides/": "urgent",
        }


class TestMoney:
    def test_is_counted_in_a_table_that_is_paid_by_use(self, of_type):
        """Counters of images sent to Google: by window, gone when it is over."""
        (table,) = of_type("DynamoDB::Table").values()
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["KeySchema"] == [{"AttributeName": "window", "KeyType": "HASH"}]
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}

    def test_is_shown_with_what_runs_on_one_page(self, of_type, functions):
        """The dashboard is JSON that names every function, every own metric and every queue's dead letters."""
        (dashboard,) = of_type("CloudWatch::Dashboard").values()
        body = json.loads(dashboard["DashboardBody"]["Fn::Sub"])
        text = json.dumps(body)
        wanted = [function["FunctionName"] for function in functions.values()]
        wanted += ["ImagesTagged", "HotelsPublished", "dead-letters", "US$", "Throttles", "Duration"]
        assert [word for word in wanted if word not in text] == []

    def test_and_work_are_watched_by_metrics_that_the_functions_write(self, of_type):
        """No widget and no alarm waits for a name that nobody writes."""
        sources = " ".join(path.read_text("utf-8") for path in (ROOT / "functions").rglob("*.py"))
        written = set(re.findall(r'"([A-Z][A-Za-z]+)"', sources))
        (dashboard,) = of_type("CloudWatch::Dashboard").values()
        widgets = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
        shown = [line for widget in widgets for line in widget["properties"].get("metrics", [])]
        watched = {line[1] for line in shown if line[0] == "ImageRelease"}
        watched |= {
            alarm["MetricName"]
            for alarm in of_type("CloudWatch::Alarm").values()
            if alarm.get("Namespace") == "ImageRelease"
        }
        assert {"ImagesTagged", "Held"} <= watched
        assert watched - written == set()
