"""What the packaged template promises: no message is lost, no role has too many rights, no messages run in circles."""

import json
import re

import pytest

from deployment.package import KEY
from deployment.strict_aws.templates import template_faults
from tests.conftest import ROOT

pytestmark = pytest.mark.packaged

FUNCTIONS = {"detect_changes", "fan_out", "fan_out_shard", "process_hotel", "reprocess", "compare_hotels", "tick"}
WILDCARDS = {
    r"arn:\$\{AWS::Partition\}:logs:.*:log-group:/aws/lambda/[\w-]+:log-stream:\*": "Lambda makes up the stream's name",
    r"\$\{(Inbox|State|Published)Bucket\.Arn\}/[a-z]+/([a-z]+/)?\*": "keys below a prefix are not known before",
}
"""Every wildcard that an Allow statement may have, and why."""
SENDS_TO = {
    "detect_changes": {"UrgentQueue", "ShardQueue"},
    "fan_out": {"ShardQueue"},
    "fan_out_shard": {"UrgentQueue", "BulkQueue", "CatalogueQueue"},
    "reprocess": {"UrgentQueue", "BulkQueue", "ShardQueue"},
    "compare_hotels": {"ComparingQueue"},
    "tick": {"BulkQueue", "CatalogueQueue", "ComparingQueue", "ShardQueue"},
    "process_hotel": {"UrgentQueue", "BulkQueue"},
}
"""Which function sends to which queue. Paths that lead back to the function are in BOUNDED."""
INBOX_OF_THE_DESK = ("overrides", "decisions", "requests", "shared")
BOUNDED = {
    "process_hotel": "at most twelve times it sends the nudge of a hotel left to a newer writer (invariant 11)",
    "detect_changes": "a catalogue in shares makes five hops (decision 41)",
    "fan_out_shard": "a catalogue in shares makes five hops (decision 41)",
    "compare_hotels": "a round makes eleven hops (decision 57)",
}
"""Which functions may get a message back that they caused, and why that ends."""


def name_of(function):
    """Return the function's name in serverless.yml."""
    return function["Handler"].split("/")[1]


def listed(value):
    return value if isinstance(value, list) else [value]


def target(reference):
    """Return the logical name in a `Fn::GetAtt`, a `Ref` or the `Fn::Sub` of an ARN."""
    if "Fn::GetAtt" in reference:
        return reference["Fn::GetAtt"][0]
    if "Ref" in reference:
        return reference["Ref"]
    if "Fn::Join" in reference:  # a function by its alias
        separator, (function, alias) = reference["Fn::Join"]
        assert (separator, alias) == (":", "live")
        return target(function)
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
    """The statements of each function's role."""
    found = {}
    for name, function in functions.items():
        role = resources[target(function["Role"])]["Properties"]
        assert "ManagedPolicyArns" not in role
        found[name] = [line for policy in role["Policies"] for line in policy["PolicyDocument"]["Statement"]]
    return found


def granted(lines, action):
    """Return the resources on which the statements allow an action, as JSON texts."""
    return {
        json.dumps(resource, sort_keys=True)
        for line in lines
        if action in listed(line["Action"])
        for resource in listed(line["Resource"])
    }


def test_the_template_breaks_no_rule_that_the_local_aws_follows(template):
    """What the local AWS cannot deploy is checked here, too: the expressions of alarms."""
    assert list(template_faults(json.dumps(template))) == []


class TestQueues:
    def test_have_a_dead_letter_queue_each(self, of_type):
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
        """No second invocation gets a message while a function may still be working on it."""
        queues = of_type("SQS::Queue")
        for function, queue, _ in mappings:
            assert queues[queue]["VisibilityTimeout"] >= 6 * functions[function]["Timeout"]

    def test_are_encrypted_and_accept_messages_from_the_inbox_only(self, of_type):
        """Only S3 may send to a queue, and only for the inbox of this account."""
        for queue in of_type("SQS::Queue").values():
            assert queue.get("SqsManagedSseEnabled") or queue["KmsMasterKeyId"] == KEY
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
    def test_are_the_six_that_are_expected(self, functions):
        """On Python 3.13 and x86-64, each with its own reserved concurrency but the one that works now and then."""
        assert set(functions) == FUNCTIONS
        for function in functions.values():
            assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["x86_64"])
        reserving = {name for name, function in functions.items() if function.get("ReservedConcurrentExecutions")}
        assert reserving == FUNCTIONS - {"compare_hotels"}

    def test_say_which_message_failed(self, mappings):
        """Each message has its own invocation, and a message that fails does not make others return."""
        for _, _, mapping in mappings:
            assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
            assert mapping["BatchSize"] == 1

    def test_are_called_no_more_often_at_once_than_is_reserved(self, functions, mappings):
        """The sources of a function together stay within its reservation, so that none throttles another.

        One that reserves nothing has a single source, which alone says how often it is called.
        """
        for name, function in functions.items():
            sources = [
                mapping["ScalingConfig"]["MaximumConcurrency"] for other, _, mapping in mappings if other == name
            ]
            reserved = function.get("ReservedConcurrentExecutions")
            assert (len(sources) == 1) if reserved is None else (sum(sources) <= reserved)

    def test_leave_concurrency_to_the_rest_of_the_account(self, functions):
        """Lambda demands that 100 of the account's 1,000 concurrent invocations stay unreserved."""
        assert sum(function.get("ReservedConcurrentExecutions", 0) for function in functions.values()) <= 900

    def test_get_urgent_work_by_another_queue_than_bulk(self, mappings):
        """`process_hotel` reads both queues, and bulk work cannot use all of its concurrency."""
        assert {queue for name, queue, _ in mappings if name == "process_hotel"} == {"UrgentQueue", "BulkQueue"}

    def test_know_how_often_a_message_comes(self, functions, of_type):
        """The receive that a function regards as the last one is the limit of the queues."""
        (told,) = {found["Environment"]["Variables"]["IMAGE_RELEASE_MAX_RECEIVES"] for found in functions.values()}
        limits = [queue["RedrivePolicy"] for queue in of_type("SQS::Queue").values() if "RedrivePolicy" in queue]
        assert {limit["maxReceiveCount"] for limit in limits} == {int(told)}

    def test_keep_their_logs_for_a_while(self, of_type, functions):
        """Every function has a log group, and every log expires."""
        groups = of_type("Logs::LogGroup")
        assert {group["LogGroupName"] for group in groups.values()} == {
            f"/aws/lambda/{function['FunctionName']}" for function in functions.values()
        }
        assert all(group["RetentionInDays"] <= 90 for group in groups.values())

    def test_are_watched(self, of_type, functions, asks_google):
        """Alarms watch each function's share of errors, the account's concurrency and what is sent to Google."""
        alarms = of_type("CloudWatch::Alarm").values()
        rates = [
            query["MetricStat"]["Metric"]
            for alarm in alarms
            for query in alarm.get("Metrics", [])
            if "MetricStat" in query
        ]
        watched = {metric["Dimensions"][0]["Value"] for metric in rates if metric["MetricName"] == "Errors"}
        assert watched == {function["FunctionName"] for function in functions.values()}
        names = {alarm.get("MetricName") for alarm in alarms}
        assert ("ConcurrentExecutions" in names, "ImagesTaggedByGoogle" in names) == (True, asks_google)


class TestRights:
    def test_are_each_functions_own(self, functions, of_type):
        """No two functions share a role, and every role belongs to a function."""
        roles = [target(function["Role"]) for function in functions.values()]
        assert sorted(roles) == sorted(of_type("IAM::Role"))

    def test_have_no_wildcard_that_is_not_explained(self, statements):
        """No action has a wildcard, and a resource has one only when the list above says why."""
        for lines in statements.values():
            for line in lines:
                assert line["Effect"] == "Allow"
                assert not [action for action in listed(line["Action"]) if "*" in action]
                for resource in listed(line["Resource"]):
                    text = resource["Fn::Sub"] if "Fn::Sub" in resource else json.dumps(resource)
                    if "*" in text:
                        assert [pattern for pattern in WILDCARDS if re.fullmatch(pattern, text)], text

    def test_to_write_published_objects_belong_to_process_hotel_and_those_of_the_feed_to_tick(self, statements):
        """No other function writes or deletes in the published bucket, and each of the two has its own prefix."""
        for action in ("s3:PutObject", "s3:DeleteObject"):
            written = {
                name: [json.loads(one)["Fn::Sub"] for one in granted(lines, action) if "PublishedBucket" in one]
                for name, lines in statements.items()
            }
            assert {name: below for name, below in written.items() if below} == {
                "process_hotel": ["${PublishedBucket.Arn}/hotels/*"],
                "tick": ["${PublishedBucket.Arn}/feed/*"],
            }

    def test_of_people_at_the_desk_are_to_decide_and_never_to_publish(self, of_type):
        """The policy for them writes decisions, requests and what asks for a round, and nothing else anywhere."""
        (policy,) = of_type("IAM::ManagedPolicy").values()
        assert not {"Roles", "Users", "Groups"} & set(policy)
        lines = policy["PolicyDocument"]["Statement"]
        actions = {action for line in lines for action in listed(line["Action"])}
        key_rights = {action for action in actions if action.startswith("kms:")}
        assert actions - key_rights == {"s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:AbortMultipartUpload"}
        written = {json.loads(resource)["Fn::Sub"] for resource in granted(lines, "s3:PutObject")}
        assert written == {f"${{InboxBucket.Arn}}/{prefix}/*" for prefix in INBOX_OF_THE_DESK}

    def test_to_the_secret_belong_to_process_hotel_only(self, statements, asks_google):
        """Only the function that sends images to Google reads its key, and nobody where Google is not asked."""
        readers = {name for name, lines in statements.items() if granted(lines, "ssm:GetParameter")}
        assert readers == ({"process_hotel"} if asks_google else set())

    def test_to_count_images_are_given_only_where_google_is_asked(self, statements, asks_google):
        """The local model has no quota, so no function touches the counters."""
        counters = {name for name, lines in statements.items() if granted(lines, "dynamodb:GetItem")}
        assert counters == ({"process_hotel", "tick"} if asks_google else set())


class TestCircles:
    def test_nothing_but_lines_of_decisions_for_every_hotel_is_written_into_the_inbox(self, statements):
        """Objects there trigger functions. `process_hotel` writes a line once, so its own nudge ends it."""
        written = {
            (name, resource)
            for name, lines in statements.items()
            for resource in granted(lines, "s3:PutObject") | granted(lines, "s3:DeleteObject")
            if "InboxBucket" in resource
        }
        assert written == {("process_hotel", json.dumps({"Fn::Sub": "${InboxBucket.Arn}/overrides/*"}))}

    def test_only_the_inbox_notifies_functions(self, of_type):
        """The bucket of what is published tells a topic, to which no function listens; the state tells nobody."""
        told = {name: bucket.get("NotificationConfiguration", {}) for name, bucket in of_type("S3::Bucket").items()}
        assert {name: set(kinds) for name, kinds in told.items() if kinds} == {
            "InboxBucket": {"QueueConfigurations"},
            "PublishedBucket": {"TopicConfigurations"},
        }

    def test_no_function_sends_where_a_message_could_lead_back_to_it(self, statements, mappings):
        """The graph of functions and the queues that they read and send to has no circle that is not explained."""
        readers = {queue: name for name, queue, _ in mappings}
        sends = {
            name: {target(json.loads(queue)) for queue in granted(lines, "sqs:SendMessage")} & set(readers)
            for name, lines in statements.items()
        }
        assert sends == SENDS_TO
        circles = set()
        for name, queues in sends.items():
            reached, ahead = set(), {readers[queue] for queue in queues}
            while ahead - reached:
                reached |= ahead
                ahead = {readers[queue] for function in ahead for queue in sends[function]}
            circles |= reached & {name}
        assert circles == set(BOUNDED)


class TestBuckets:
    def test_are_private_and_encrypted(self, of_type):
        """All four buckets, including the one for deployments."""
        buckets = of_type("S3::Bucket")
        assert set(buckets) == {"InboxBucket", "StateBucket", "PublishedBucket", "ServerlessDeploymentBucket"}
        for bucket in buckets.values():
            assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
            assert len(bucket["PublicAccessBlockConfiguration"]) == 4
            assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    def test_refuse_requests_without_tls(self, of_type):
        """Every bucket has one policy, which denies requests without TLS."""
        for policy in of_type("S3::BucketPolicy").values():
            (line,) = [line for line in policy["PolicyDocument"]["Statement"] if line["Effect"] == "Deny"]
            assert str(line["Condition"]["Bool"]["aws:SecureTransport"]).lower() == "false"
        assert len(of_type("S3::BucketPolicy")) == len(of_type("S3::Bucket"))

    def test_delete_nothing_by_age_and_outlive_the_stack(self, of_type, resources):
        """The program deletes originals and renditions. By age go unfinished uploads, records of changes, and versions
        of objects of the inbox that were replaced. Only the deployment that makes a bucket deletes it if it fails."""
        unfinished = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}}
        allowed = {
            "InboxBucket": [
                unfinished,
                {"NoncurrentVersionExpiration": {"NoncurrentDays": 90}},
                {"ExpiredObjectDeleteMarker": True},
            ],
            "StateBucket": [
                unfinished,
                {"Prefix": "changes/", "ExpirationInDays": 90},
                {"Prefix": "noted/", "ExpirationInDays": 90},
            ],
            "PublishedBucket": [unfinished],
        }
        for name, bucket in of_type("S3::Bucket").items():
            if name != "ServerlessDeploymentBucket":
                rules = bucket["LifecycleConfiguration"]["Rules"]
                assert [{key: rule[key] for key in rule if key not in {"Id", "Status"}} for rule in rules] == allowed[
                    name
                ]
                policies = resources[name]["DeletionPolicy"], resources[name]["UpdateReplacePolicy"]
                assert policies == ("RetainExceptOnCreate", "Retain")

    def test_notify_the_right_queue_of_what_comes_in(self, of_type):
        """Every prefix of the inbox has its queue."""
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
    def test_is_counted_in_a_table_that_is_paid_per_request(self, of_type):
        """The table counts images sent to Google in a minute or a day, and forgets a window when it is over."""
        (table,) = of_type("DynamoDB::Table").values()
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["KeySchema"] == [{"AttributeName": "window", "KeyType": "HASH"}]
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}

    def test_is_shown_on_one_dashboard_with_everything_that_runs(self, of_type, functions, asks_google):
        """The dashboard is JSON that names every function, our metrics, the dead letters and what Google costs."""
        (dashboard,) = of_type("CloudWatch::Dashboard").values()
        body = json.loads(dashboard["DashboardBody"]["Fn::Sub"])
        text = json.dumps(body)
        wanted = [function["FunctionName"] for function in functions.values()]
        wanted += ["ImagesTagged", "HotelsPublished", "dead-letters", "Throttles", "Duration"]
        assert [word for word in wanted if word not in text] == []
        assert ("US$" in text) == asks_google

    def test_and_work_are_watched_by_metrics_that_the_functions_write(self, of_type):
        """Every metric in a widget or an alarm is written by a function."""
        sources = " ".join(path.read_text("utf-8") for path in (ROOT / "functions").rglob("*.py"))
        written = set(re.findall(r'"([A-Z][A-Za-z]+)"', sources))
        (dashboard,) = of_type("CloudWatch::Dashboard").values()
        widgets = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
        shown = [line for widget in widgets for line in widget["properties"].get("metrics", [])]
        watched = {line[1] for line in shown if str(line[0]).startswith("ImageRelease/")}
        for alarm in of_type("CloudWatch::Alarm").values():
            operands = [one["MetricStat"]["Metric"] for one in alarm.get("Metrics", []) if "MetricStat" in one]
            metrics = operands or [alarm]
            watched |= {one["MetricName"] for one in metrics if one["Namespace"].startswith("ImageRelease/")}
        assert {"ImagesTagged", "Held"} <= watched
        assert watched - written == set()
