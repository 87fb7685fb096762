"""The stricter local AWS: what ministack alone takes, and AWS refuses, is refused. Real requests by boto3."""

import io
import json
import urllib.request
import uuid
import zipfile

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.local_aws import REGION, started

LONGEST_BODY = 1024 * 1024
TEXT = {"DataType": "String", "StringValue": "x"}
ALARM = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 0}


class World:
    """Clients that check nothing themselves, and one bucket and queue."""

    def __init__(self, aws):
        self.aws = aws
        self.sqs, self.s3, self.functions, self.stacks = map(self.client, ("sqs", "s3", "lambda", "cloudformation"))
        self.queue = self.sqs.create_queue(QueueName="queue")["QueueUrl"]
        self.s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
        self.etag = self.s3.put_object(Bucket="bucket", Key="there", Body=b"x")["ETag"]
        role = self.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("h.py", "def h(event, context): pass")
        self.function = {
            "FunctionName": "function",
            "Runtime": "python3.13",
            "Role": role,
            "Handler": "h.h",
            "Code": {"ZipFile": code.getvalue()},
        }
        self.functions.create_function(**self.function)

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.aws.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(parameter_validation=False, retries={"max_attempts": 0}),
        )

    def send(self, **entry):
        """Send one message, and a batch in which it is beside a good one. Returns whether both took it."""
        entry = {"MessageBody": "x", **entry}
        batch = [{"Id": "bad", **entry}, {"Id": "good", "MessageBody": "x"}]
        failed = self.sqs.send_message_batch(QueueUrl=self.queue, Entries=batch).get("Failed", [])
        assert all(one["Id"] == "bad" and one["SenderFault"] for one in failed)
        self.sqs.send_message(QueueUrl=self.queue, **entry)
        assert failed == []

    def hide(self, seconds):
        """Receive a message, and change when it is visible again."""
        self.sqs.send_message(QueueUrl=self.queue, MessageBody="x")
        (message,) = self.sqs.receive_message(QueueUrl=self.queue)["Messages"]
        receipt = message["ReceiptHandle"]
        self.sqs.change_message_visibility(QueueUrl=self.queue, ReceiptHandle=receipt, VisibilityTimeout=seconds)

    def deploy(self, kind, properties, **around):
        """Create a stack with one resource, beside a queue and a function that fit each other."""
        beside = {
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60}},
            "Function": {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": 100}},
        }
        one = {"Type": kind, "Properties": properties, **around}
        resources = {**(beside if kind == "AWS::Lambda::EventSourceMapping" else {}), "One": one}
        self.stacks.validate_template(TemplateBody=json.dumps({"Resources": resources}))


def alarm(*metrics, **properties):
    """The properties of an alarm on an expression."""
    stat = {"Metric": {"Namespace": "N", "MetricName": "m", "Dimensions": []}, "Stat": "Sum", "Period": 60}
    given = [{"Id": name, "MetricStat": stat, "ReturnData": False} for name in ("part", "whole")]
    return {**ALARM, "Metrics": [*({"Id": "share", "Expression": one} for one in metrics), *given], **properties}


def function(**more):
    name = f"f-{uuid.uuid4().hex}"
    return lambda world: world.functions.create_function(**{**world.function, "FunctionName": name, **more})


def bucket(name):
    where = {"LocationConstraint": REGION}
    return lambda world: world.s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)


def stack(kind, properties, **around):
    return lambda world: world.deploy(kind, properties, **around)


def plain(**properties):
    return {**ALARM, "Namespace": "N", "MetricName": "m", "Statistic": "Sum", "Period": 60, **properties}


REFUSED = {
    "a group with a space": lambda world: world.send(MessageGroupId="2026-11-25 week 48"),
    "a group with an accent": lambda world: world.send(MessageGroupId="é"),
    "an empty group": lambda world: world.send(MessageGroupId=""),
    "a long group": lambda world: world.send(MessageGroupId="g" * 129),
    "a delay below zero": lambda world: world.send(DelaySeconds=-1),
    "a delay of over 15 minutes": lambda world: world.send(DelaySeconds=901),
    "an empty attribute": lambda world: world.send(MessageAttributes={"a": {**TEXT, "StringValue": ""}}),
    "a control character in an attribute": lambda world: world.send(
        MessageAttributes={"a": {**TEXT, "StringValue": "\x00"}}
    ),
    "an attribute with a space in its name": lambda world: world.send(MessageAttributes={"a b": TEXT}),
    "an attribute of AWS": lambda world: world.send(MessageAttributes={"AWS.a": TEXT}),
    "an attribute that begins with a period": lambda world: world.send(MessageAttributes={".a": TEXT}),
    "an attribute of no type": lambda world: world.send(MessageAttributes={"a": {**TEXT, "DataType": "Text"}}),
    "eleven attributes": lambda world: world.send(MessageAttributes={f"a{number}": TEXT for number in range(11)}),
    "a body that is too large with its attributes": lambda world: world.sqs.send_message(
        QueueUrl=world.queue, MessageBody="x" * (LONGEST_BODY - 5), MessageAttributes={"reason": TEXT}
    ),
    "a batch that is too large with its attributes": lambda world: world.sqs.send_message_batch(
        QueueUrl=world.queue,
        Entries=[
            {"Id": str(number), "MessageBody": "x" * (LONGEST_BODY // 2 - 5), "MessageAttributes": {"reason": TEXT}}
            for number in range(2)
        ],
    ),
    "a message hidden for more than 12 hours": lambda world: world.hide(43_201),
    "a queue with a long name": lambda world: world.sqs.create_queue(QueueName="q" * 81),
    "a queue with a space in its name": lambda world: world.sqs.create_queue(QueueName="a b"),
    "a bucket with a reserved beginning": bucket("xn--abc"),
    "a bucket with a reserved end": bucket("abc-s3alias"),
    "a key of 1,025 bytes": lambda world: world.s3.put_object(Bucket="bucket", Key="k" * 1025, Body=b"x"),
    "a key of 1,026 bytes in fewer characters": lambda world: world.s3.put_object(
        Bucket="bucket", Key="é" * 513, Body=b"x"
    ),
    "a write unless an ETag is there": lambda world: world.s3.put_object(
        Bucket="bucket", Key="new", Body=b"x", IfNoneMatch=world.etag
    ),
    "a write if anything is there": lambda world: world.s3.put_object(
        Bucket="bucket", Key="there", Body=b"x", IfMatch="*"
    ),
    "much metadata": lambda world: world.s3.put_object(
        Bucket="bucket", Key="new", Body=b"x", Metadata={"a": "x" * 2048}
    ),
    "a deletion of 1,001 objects": lambda world: world.s3.delete_objects(
        Bucket="bucket", Delete={"Objects": [{"Key": str(number)} for number in range(1001)]}
    ),
    "a function with a long name": function(FunctionName="f" * 65),
    "a function with a long description": function(Description="x" * 257),
    "a large environment": function(Environment={"Variables": {"A": "x" * 4096}}),
    "a reserved variable": function(Environment={"Variables": {"AWS_REGION": "x"}}),
    "a variable with a hyphen": function(Environment={"Variables": {"A-B": "x"}}),
    "little memory": function(MemorySize=127),
    "a long time": function(Timeout=901),
    "a large disk": function(EphemeralStorage={"Size": 10_241}),
    "an alias that is a number": lambda world: world.functions.create_alias(
        FunctionName="function", Name="1", FunctionVersion="$LATEST"
    ),
    "weights beside $LATEST": lambda world: world.functions.create_alias(
        FunctionName="function",
        Name="live",
        FunctionVersion="$LATEST",
        RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}},
    ),
    "an unknown DeletionPolicy": stack("AWS::SNS::Topic", {}, DeletionPolicy="Keep"),
    "RetainExceptOnCreate at a replacement": stack("AWS::SNS::Topic", {}, UpdateReplacePolicy="RetainExceptOnCreate"),
    "a bucket of a stack with a long name": stack("AWS::S3::Bucket", {"BucketName": "b" * 64}),
    "a function of a stack with a long name": stack("AWS::Lambda::Function", {"FunctionName": "f" * 65}),
    "an alarm with a long description": stack("AWS::CloudWatch::Alarm", plain(AlarmDescription="x" * 1025)),
    "an alarm over 45 seconds": stack("AWS::CloudWatch::Alarm", plain(Period=45)),
    "an alarm over two days": stack("AWS::CloudWatch::Alarm", plain(EvaluationPeriods=2881)),
    "a dimension with an accent": stack(
        "AWS::CloudWatch::Alarm", plain(Dimensions=[{"Name": "partner", "Value": "hôtel"}])
    ),
    "a number in a list of metrics": stack("AWS::CloudWatch::Alarm", alarm("100 * part / MAX([whole, 1])")),
    "an expression with an unknown metric": stack("AWS::CloudWatch::Alarm", alarm("part / nothing")),
    "an expression with an open bracket": stack("AWS::CloudWatch::Alarm", alarm("100 * (part")),
    "two results of an alarm": stack("AWS::CloudWatch::Alarm", alarm("part", "whole")),
    "a tag with an asterisk": stack("AWS::SNS::Topic", {"Tags": [{"Key": "a*", "Value": "x"}]}),
    "a tag of AWS": stack("AWS::SNS::Topic", {"Tags": [{"Key": "aws:a", "Value": "x"}]}),
    "a queue that shows messages while the function runs": stack(
        "AWS::Lambda::EventSourceMapping",
        {"EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]}, "FunctionName": {"Ref": "Function"}},
    ),
    "an event source that calls once": stack(
        "AWS::Lambda::EventSourceMapping",
        {"EventSourceArn": "arn", "FunctionName": "f", "ScalingConfig": {"MaximumConcurrency": 1}},
    ),
    "all concurrency of the account": stack("AWS::Lambda::Function", {"ReservedConcurrentExecutions": 901}),
    "a role with long policies": stack(
        "AWS::IAM::Role", {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": ["x" * 10_240]}}]}
    ),
}
"""Requests that AWS refuses, by what is wrong with them."""


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    with started("ministack alone", tmp_path_factory.mktemp("alone")) as aws:
        yield World(aws)


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    with started("ministack", tmp_path_factory.mktemp("strict")) as aws:
        yield World(aws)


def asked(world, what):
    with urllib.request.urlopen(f"{world.aws.endpoint}/_strict/{what}") as answer:
        return json.load(answer)


class TestARequestThatAwsRefuses:
    @pytest.mark.parametrize("name", REFUSED)
    def test_is_refused_here_and_written_down(self, strict, name):
        before = len(asked(strict, "refused"))
        with pytest.raises(ClientError) as refused:
            REFUSED[name](strict)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in {400, 501}
        assert len(asked(strict, "refused")) > before

    @pytest.mark.parametrize("name", [name for name in REFUSED if name != "a write unless an ETag is there"])
    def test_is_taken_by_ministack_alone(self, alone, name):
        """Otherwise the rule would not be needed."""
        REFUSED[name](alone)


class TestARequestThatAwsTakes:
    @pytest.mark.parametrize(
        "call",
        [
            lambda world: world.send(MessageGroupId="a" * 128, DelaySeconds=900),
            lambda world: world.send(MessageGroupId="!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
            lambda world: world.send(MessageAttributes={"reason": {**TEXT, "StringValue": "é 😀 \t"}}),
            lambda world: world.hide(43_200),
            lambda world: world.s3.put_object(Bucket="bucket", Key="k" * 1024, Body=b"x"),
            lambda world: world.s3.put_object(Bucket="bucket", Key="there", Body=b"x", IfMatch=world.etag),
            lambda world: world.s3.put_object(Bucket="bucket", Key="absent", Body=b"x", IfNoneMatch="*"),
            stack("AWS::SNS::Topic", {}, DeletionPolicy="RetainExceptOnCreate"),
            stack("AWS::CloudWatch::Alarm", alarm("IF(whole > 0, 100 * part / whole, 0)")),
            stack("AWS::CloudWatch::Alarm", alarm("100 * part / MAX([part, whole])")),
        ],
    )
    def test_is_taken_here(self, strict, call):
        call(strict)


MANY_WORDS = """
def h(event, context):
    print("word\\n" * 200_000 + "last word")
"""


class TestWhatAwsDoesLater:
    """AWS does it after a moment. Here it is done at once, so that tests need not guess how long the moment is."""

    def test_an_event_of_a_bucket_is_in_its_queue_when_the_write_is_answered(self, strict):
        queue = strict.sqs.create_queue(QueueName="events")["QueueUrl"]
        arn = strict.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        anybody = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
        strict.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
        told = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
        strict.s3.put_bucket_notification_configuration(Bucket="bucket", NotificationConfiguration=told)
        strict.sqs.purge_queue(QueueUrl=queue)  # S3 tries the queue with an event of its own
        for number in range(1, 51):
            strict.s3.put_object(Bucket="bucket", Key="told", Body=b"x")
            names = ["ApproximateNumberOfMessages"]
            found = strict.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
            assert found == {"ApproximateNumberOfMessages": str(number)}

    def test_the_log_of_a_call_is_whole_when_the_call_ends(self, strict):
        """However much the function wrote, and however busy the machine is."""
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("h.py", MANY_WORDS)
        more = {"FunctionName": "wordy", "Code": {"ZipFile": code.getvalue()}, "Timeout": 60}
        strict.functions.create_function(**{**strict.function, **more})
        strict.functions.get_waiter("function_active_v2").wait(FunctionName="wordy")
        assert "FunctionError" not in strict.functions.invoke(FunctionName="wordy")
        logs, group = strict.client("logs"), "/aws/lambda/wordy"
        found = logs.filter_log_events(logGroupName=group, filterPattern='"last word"')["events"]
        assert [one["message"] for one in found] == ["last word"]


class TestABatch:
    def test_fails_in_part_when_it_is_asked_to(self, strict):
        """As SQS does when it is busy: the other entries are taken, and the next batch is taken whole."""
        strict.aws.fail_in_part(strict.queue, 2)
        entries = [{"Id": str(number), "MessageBody": "x"} for number in range(3)]
        answer = strict.sqs.send_message_batch(QueueUrl=strict.queue, Entries=entries)
        assert [one["Id"] for one in answer["Successful"]] == ["2"]
        assert [(one["Id"], one["SenderFault"]) for one in answer["Failed"]] == [("0", False), ("1", False)]
        assert not strict.sqs.send_message_batch(QueueUrl=strict.queue, Entries=entries).get("Failed")
