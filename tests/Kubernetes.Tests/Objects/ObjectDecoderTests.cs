using System.Text;
using System.Text.Json.Nodes;
using K8sBackup.Kubernetes.Encryption;
using K8sBackup.Kubernetes.Objects;

namespace K8sBackup.Kubernetes.Tests.Objects;

public sealed class ObjectDecoderTests
{
    private static readonly byte[] Key = "/registry/things/default/one"u8.ToArray();

    [Fact]
    public void Decode_ConfigMap_IsWhole()
    {
        StoredObject found = Decode(Proto.Stored(
            "v1",
            "ConfigMap",
            Proto.Metadata(
                "settings",
                "default",
                Proto.Pair(11, "app", "web"),
                Proto.Pair(12, "note", "grüße"),
                Proto.Bytes(13, Proto.Message(Proto.Text(1, "ReplicaSet"), Proto.Text(3, "rs"), Proto.Text(4, "u-1"), Proto.Text(5, "apps/v1"), Proto.Number(6, 1), Proto.Number(7, 0))),
                Proto.Text(14, "keep.example/it"),
                Proto.Bytes(17, Proto.Message(Proto.Text(1, "kubectl"), Proto.Text(2, "Apply"), Proto.Time(4, 1_700_000_001), Proto.Text(6, "FieldsV1"), Proto.Bytes(7, Proto.Text(1, """{"f:data":{}}"""))))),
            Proto.Pair(2, "a.conf", "x=1\n"),
            Proto.Pair(3, "bin", [0, 255]),
            Proto.Number(4, 0)));

        Assert.Equal((StoredForm.Protobuf, "v1", "ConfigMap", "default", "settings"), (found.Form, found.ApiVersion, found.Kind, found.Namespace, found.Name));
        Assert.True(found.IsComplete, found.Problem);
        Assert.Equal("web", Assert.Single(found.Labels).Value);
        AssertJson(
            """
            {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"default","uid":"11112222-3333-4444-5555-666677778888",
             "creationTimestamp":"2023-11-14T22:13:20Z","labels":{"app":"web"},"annotations":{"note":"grüße"},
             "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"rs","uid":"u-1","controller":true,"blockOwnerDeletion":false}],
             "finalizers":["keep.example/it"],
             "managedFields":[{"manager":"kubectl","operation":"Apply","time":"2023-11-14T22:13:21Z","fieldsType":"FieldsV1","fieldsV1":{"f:data":{}}}],
             "resourceVersion":"77"},
             "data":{"a.conf":"x=1\n"},"binaryData":{"bin":"AP8="},"immutable":false}
            """,
            found.Document!);
    }

    [Fact]
    public void Decode_Secret_MasksEveryPlaceAValueStands()
    {
        StoredObject found = Decode(Proto.Stored(
            "v1",
            "Secret",
            Proto.Metadata("token", "kube-system", Proto.Pair(12, "kubectl.kubernetes.io/last-applied-configuration", """{"data":{"password":"aHVudGVyMg=="}}""")),
            Proto.Pair(2, "password", "hunter2"),
            Proto.Text(3, "Opaque"),
            Proto.Pair(4, "more", "hunter3")));

        Assert.True(found.IsSecret);
        Assert.Equal("aHVudGVyMg==", found.Document!["data"]!["password"]!.GetValue<string>());
        JsonObject masked = SecretMask.Apply(found);
        Assert.Equal("(masked, 7 bytes)", masked["data"]!["password"]!.GetValue<string>());
        Assert.Equal("(masked, 7 bytes)", masked["stringData"]!["more"]!.GetValue<string>());
        Assert.Equal("Opaque", masked["type"]!.GetValue<string>());
        Assert.DoesNotContain("hunter", masked.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("aHVudGVy", masked.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("aHVudGVyMg==", found.Document["data"]!["password"]!.GetValue<string>());
    }

    [Fact]
    public void Decode_KindNotWhollyKnown_HasItsMetadataAndSaysWhatItLacks()
    {
        StoredObject found = Decode(Proto.Stored("apps/v1", "Deployment", Proto.Metadata("web", "shop"), Proto.Bytes(2, [8, 3]), Proto.Bytes(3, [])));

        Assert.Equal(("Deployment", "shop", "web"), (found.Kind, found.Namespace, found.Name));
        Assert.False(found.IsComplete);
        Assert.Contains("2, 3 of apps/v1 Deployment", found.Problem, StringComparison.Ordinal);
        Assert.Null(found.Document!["spec"]);
    }

    [Fact]
    public void Decode_KnownKindWithAFieldOfALaterRelease_SaysSo()
    {
        StoredObject found = Decode(Proto.Stored("v1", "ConfigMap", Proto.Metadata("c", "d", Proto.Number(99, 1)), Proto.Pair(2, "a", "b"), Proto.Text(44, "x")));

        Assert.False(found.IsComplete);
        Assert.Contains("44, metadata.99", found.Problem, StringComparison.Ordinal);
        Assert.Equal("b", found.Document!["data"]!["a"]!.GetValue<string>());
    }

    [Fact]
    public void Decode_OtherWholeKinds_AreWhole()
    {
        AssertWhole(
            """{"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]}""",
            Proto.Stored("rbac.authorization.k8s.io/v1", "Role", Proto.Metadata("r", "d"), Proto.Bytes(2, Proto.Message(Proto.Text(1, "get"), Proto.Text(2, ""), Proto.Text(3, "pods")))));
        AssertWhole(
            """{"subjects":[{"kind":"User","apiGroup":"g","name":"ann"}],"roleRef":{"apiGroup":"g","kind":"Role","name":"r"}}""",
            Proto.Stored(
                "rbac.authorization.k8s.io/v1",
                "RoleBinding",
                Proto.Metadata("b", "d"),
                Proto.Bytes(2, Proto.Message(Proto.Text(1, "User"), Proto.Text(2, "g"), Proto.Text(3, "ann"), Proto.Text(4, ""))),
                Proto.Bytes(3, Proto.Message(Proto.Text(1, "g"), Proto.Text(2, "Role"), Proto.Text(3, "r")))));
        AssertWhole(
            """{"spec":{"holderIdentity":"cp-1","leaseDurationSeconds":40,"renewTime":"2023-11-14T22:13:20.123456Z"}}""",
            Proto.Stored(
                "coordination.k8s.io/v1",
                "Lease",
                Proto.Metadata("l", "kube-node-lease"),
                Proto.Bytes(2, Proto.Message(Proto.Text(1, "cp-1"), Proto.Number(2, 40), Proto.Time(4, 1_700_000_000, 123_456_000)))));
        AssertWhole(
            """{"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}""",
            Proto.Stored("v1", "Namespace", Proto.Metadata("n", ""), Proto.Bytes(2, Proto.Text(1, "kubernetes")), Proto.Bytes(3, Proto.Text(1, "Active"))));
    }

    [Fact]
    public void Decode_CustomResource_KeepsEveryDigit()
    {
        const string json = """{"apiVersion":"example.org/v1","kind":"Widget","metadata":{"name":"w","namespace":"d","labels":{"a":"b","odd":5}},"spec":{"big":12345678901234567890.10,"text":"\u00e9 </>"}}""";
        StoredObject found = Decode(Encoding.UTF8.GetBytes(json));

        Assert.Equal((StoredForm.Json, "Widget", true), (found.Form, found.Kind, found.IsComplete));
        Assert.Equal("12345678901234567890.10", found.Document!["spec"]!["big"]!.ToJsonString());
        Assert.Equal("77", found.Document["metadata"]!["resourceVersion"]!.GetValue<string>());
        Assert.Equal("b", Assert.Single(found.Labels).Value);
    }

    [Theory]
    [InlineData("{\"apiVersion\":\"v1\"")]
    [InlineData("{\"apiVersion\":\"v1\",\"kind\":\"X\",\"metadata\":{\"name\":\"a\"},\"kind\":\"Y\"}")]
    [InlineData("{\"apiVersion\":\"v1\",\"kind\":\"X\",\"metadata\":{\"name\":\"\\ud800\"}}")]
    [InlineData("{\"apiVersion\":\"v1\",\"kind\":\"X\",\"metadata\":{\"name\":\"a\u00ff\"}} tail")]
    [InlineData("{\"apiVersion\":\"v1\",\"kind\":\"X\",\"metadata\":[]}")]
    [InlineData("{\"apiVersion\":\"v1\",\"kind\":\"X\"}")]
    [InlineData("{\"apiVersion\":7,\"kind\":\"X\",\"metadata\":{\"name\":\"a\"}}")]
    [InlineData("{}")]
    [InlineData("{")]
    public void Decode_MalformedJson_IsShownAsNothing(string json) => AssertMalformed(StoredForm.Json, Encoding.Latin1.GetBytes(json));

    [Fact]
    public void Decode_JsonDeeperThanAnyObject_IsMalformed()
    {
        string deep = string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "1" + new string('}', 100_000);
        AssertMalformed(StoredForm.Json, Encoding.UTF8.GetBytes("{\"apiVersion\":\"v1\",\"kind\":\"X\",\"metadata\":{\"name\":\"a\"},\"spec\":" + deep + "}"));
    }

    [Fact]
    public void Decode_ProtobufCutAnywhere_NeverInventsAnObject()
    {
        byte[] whole = Proto.Stored("v1", "ConfigMap", Proto.Metadata("settings", "default", Proto.Pair(11, "app", "web")), Proto.Pair(2, "key", "value"));
        for (int length = 4; length < whole.Length; length++)
        {
            StoredObject found = Decode(whole[..length]);
            // Whole again once the envelope's content is complete: what follows are two empty fields.
            if (found.Document is not null)
            {
                Assert.True(length >= whole.Length - 4);
                Assert.True(found.IsComplete);
            }
            else
            {
                Assert.Equal((StoredForm.Protobuf, "", ""), (found.Form, found.Kind, found.Name));
                Assert.StartsWith("malformed", found.Problem, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Decode_RandomDamage_NeverThrows()
    {
        Random random = new(7);
        byte[][] seeds =
        [
            Proto.Stored("v1", "Secret", Proto.Metadata("s", "d", Proto.Pair(11, "a", "b"), Proto.Time(9, 5)), Proto.Pair(2, "k", "v")),
            Proto.Stored("coordination.k8s.io/v1", "Lease", Proto.Metadata("l", "d"), Proto.Bytes(2, Proto.Message(Proto.Text(1, "x"), Proto.Time(3, 9, 9)))),
            """{"apiVersion":"v1","kind":"X","metadata":{"name":"a","labels":{"x":"y"}},"spec":[1,2,{"a":null}]}"""u8.ToArray(),
        ];
        int readable = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] value = (byte[])seeds[round % seeds.Length].Clone();
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                value[random.Next(value.Length)] = (byte)random.Next(256);
            }

            readable += Decode(value).Document is null ? 0 : 1;
        }

        Assert.InRange(readable, 1000, 19_000);
    }

    [Fact]
    public void Decode_MalformedParts_AreNamed()
    {
        AssertMalformed(StoredForm.Protobuf, Proto.Stored("v1", "ConfigMap", Proto.Bytes(1, Proto.Bytes(1, [0xc3, 0x28]))), "UTF-8");
        AssertMalformed(StoredForm.Protobuf, Proto.Stored("v1", "ConfigMap", Proto.Number(1, 5)), "metadata");
        AssertMalformed(StoredForm.Protobuf, Proto.Stored("v1", "ConfigMap", Proto.Metadata("a", "b", Proto.Time(9, long.MaxValue))), "deletionTimestamp");
        AssertMalformed(StoredForm.Protobuf, Proto.Stored("v1", "ConfigMap", Proto.Metadata("a", "b"), Proto.Metadata("c", "d")), "twice");
        AssertMalformed(StoredForm.Protobuf, Proto.Stored("v1", "ConfigMap"), "no metadata");
        AssertMalformed(StoredForm.Protobuf, Proto.Stored("", "ConfigMap", Proto.Metadata("a", "b")), "does not say");
        AssertMalformed(StoredForm.Protobuf, "k8s\0"u8.ToArray(), "does not say");
        AssertMalformed(StoredForm.Protobuf, [.. "k8s\0"u8, .. Proto.Bytes(1, Proto.Message(Proto.Text(1, "v1"), Proto.Text(2, "X"))), .. Proto.Text(3, "gzip")], "encoding");
    }

    [Fact]
    public void Decode_WhatIsNoObject_IsCalledThat()
    {
        Assert.Equal(StoredForm.Empty, Decode([]).Form);
        Assert.Equal(StoredForm.Unknown, Decode("12345"u8.ToArray()).Form);
        Assert.Equal(StoredForm.Unknown, Decode([0x6b, 0x38, 0x73]).Form);
        Assert.Equal(StoredForm.Cbor, Decode([0xd9, 0xd9, 0xf7, 0xa0]).Form);
        // Magic bytes further in mean nothing.
        Assert.Equal(StoredForm.Unknown, Decode([1, .. Proto.Stored("v1", "ConfigMap", Proto.Metadata("a", "b"))]).Form);
    }

    [Fact]
    public void Decode_HugeValue_IsRead()
    {
        byte[] large = new byte[8 << 20];
        StoredObject found = Decode(Proto.Stored("v1", "ConfigMap", Proto.Metadata("big", "d"), Proto.Pair(3, "blob", large)));

        Assert.True(found.IsComplete);
        Assert.Equal(((large.Length + 2) / 3) * 4, found.Document!["binaryData"]!["blob"]!.GetValue<string>().Length);
        Assert.Equal(StoredForm.Unknown, Decode(large).Form);
    }

    private static StoredObject Decode(byte[] value) => new ObjectDecoder(Keyring.Empty).Decode(Key, value, 77);

    private static void AssertWhole(string rest, byte[] stored)
    {
        StoredObject found = Decode(stored);
        Assert.True(found.IsComplete, found.Problem);
        JsonObject document = found.Document!.DeepClone().AsObject();
        foreach (string common in (string[])["apiVersion", "kind", "metadata"])
        {
            Assert.True(document.Remove(common));
        }

        AssertJson(rest, document);
    }

    private static void AssertMalformed(StoredForm form, byte[] value, string why = "")
    {
        StoredObject found = Decode(value);
        Assert.Equal((form, "", "", null), (found.Form, found.Kind, found.Name, found.Document));
        Assert.StartsWith("malformed: ", found.Problem, StringComparison.Ordinal);
        Assert.Contains(why, found.Problem, StringComparison.Ordinal);
    }

    private static void AssertJson(string expected, JsonObject actual) =>
        Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(), actual.ToJsonString());
}
