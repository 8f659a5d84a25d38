using System.Text;
using K8sBackup.Cli.Inside;
using K8sBackup.Etcd.Browsing;
using K8sBackup.Kubernetes.Encryption;
using K8sBackup.Kubernetes.Objects;
using K8sBackup.Kubernetes.Tests;

namespace K8sBackup.Cli.Tests.Inside;

public sealed class ObjectFilterTests
{
    [Fact]
    public void Matches_ObjectOfTheWholeCluster_HasNoNamespace()
    {
        FoundObject read = Found("/registry/clusterroles/admin", Proto.Stored("rbac.authorization.k8s.io/v1", "ClusterRole", Proto.Metadata("admin", "")));
        FoundObject unread = Found("/registry/clusterroles/admin", "k8s:enc:kms:v2:x:..."u8.ToArray());

        foreach (FoundObject found in (FoundObject[])[read, unread])
        {
            Assert.True(new ObjectFilter("clusterroles", null, "admin", []).Matches(found));
            Assert.False(new ObjectFilter(null, "clusterroles", null, []).Matches(found));
            Assert.False(new ObjectFilter(null, "default", null, []).Matches(found));
        }

        Assert.True(new ObjectFilter("ClusterRole.rbac.authorization.k8s.io", null, null, []).Matches(read));
    }

    [Fact]
    public void Matches_WhatTheValueSays_NotWhatTheKeySays()
    {
        FoundObject found = Found("/registry/minions/elsewhere/other", Proto.Stored("v1", "ConfigMap", Proto.Metadata("settings", "shop")));

        Assert.True(new ObjectFilter("ConfigMap", "shop", "settings", []).Matches(found));
        Assert.False(new ObjectFilter("ConfigMap", "elsewhere", null, []).Matches(found));
        Assert.False(new ObjectFilter("ConfigMap", null, "other", []).Matches(found));
    }

    [Theory]
    [InlineData("/registry/secrets/shop/db", "shop")]
    [InlineData("kubernetes.io/secrets/shop/db", "shop")]
    [InlineData("/registry/services/specs/shop/db", "shop")]
    [InlineData("/registry/example.org/widgets/shop/db", "shop")]
    [InlineData("/registry/example.org/widgets/db", null)]
    [InlineData("/registry/namespaces/shop", null)]
    [InlineData("/shop/db", null)]
    public void Matches_UnreadObject_ByTheNamespaceInItsKey(string key, string? space)
    {
        FoundObject found = Found(key, "k8s:enc:kms:v2:x:..."u8.ToArray());

        foreach (string segment in key.Split('/').Where(s => s.Length > 0))
        {
            Assert.Equal(segment == space, new ObjectFilter(null, segment, null, []).Matches(found));
        }
    }

    [Theory]
    [InlineData("compact_rev_key")]
    [InlineData("/")]
    [InlineData("")]
    [InlineData("a/b")]
    public void Matches_KeysOfNoShape_AreNotMistaken(string key)
    {
        FoundObject found = Found(key, "17"u8.ToArray());

        Assert.True(ObjectFilter.Everything.Matches(found));
        Assert.False(new ObjectFilter("a", null, null, []).Matches(found));
        Assert.False(new ObjectFilter(null, "a", null, []).Matches(found));
        Assert.False(new ObjectFilter(null, null, null, LabelTerm.ParseAll("!a")).Matches(found));
    }

    private static FoundObject Found(string key, byte[] value) => FoundObject.Read(
        new KeyRecord { Key = Encoding.UTF8.GetBytes(key), Value = value, CreateRevision = 1, ModRevision = 2, Version = 1, Lease = 0 },
        new ObjectDecoder(Keyring.Empty));
}
