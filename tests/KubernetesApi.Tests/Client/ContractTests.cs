using System.Text;
using System.Text.Json.Nodes;
using K8sBackup.FakeKube.Access;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Events;
using K8sBackup.KubernetesApi.Exec;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Leases;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Pods;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.KubernetesApi.Reviews;
using K8sBackup.KubernetesApi.Tests.Support;
using K8sBackup.KubernetesApi.Volumes;

namespace K8sBackup.KubernetesApi.Tests.Client;

/// <summary>What holds for every API server: run against the stand-in always, and against a real one when E2E_KUBECONFIG names it.</summary>
public sealed class ContractTests : IClassFixture<ApiServers>
{
    private readonly ApiServers _servers;

    public ContractTests(ApiServers servers)
    {
        _servers = servers;
    }

    public static TheoryData<string> Servers => ApiServers.Names;

    [Theory, MemberData(nameof(Servers))]
    public async Task Create_New_HasUidVersionAndTime(string server)
    {
        (KubernetesClient client, ConfigMap map) = Case(server, "created", ("a", "1"));
        ConfigMap made = await client.CreateAsync(KubernetesTypes.ConfigMaps, map, Polling.Limit());
        ConfigMap? found = await client.FindAsync(KubernetesTypes.ConfigMaps, ResourceName.Of(map), Polling.Limit());
        Assert.NotEmpty(made.Metadata.Uid);
        Assert.NotEmpty(made.Metadata.ResourceVersion);
        Assert.NotNull(made.Metadata.CreationTimestamp);
        Assert.Equal(made.Metadata.Uid, found!.Metadata.Uid);
        Assert.Equal("1", found.Data["a"]);
        Assert.Equal(("v1", "ConfigMap"), (found.ApiVersion, found.Kind));
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Create_SameName_AlreadyExists(string server)
    {
        (KubernetesClient client, ConfigMap map) = Case(server, "twice");
        await client.CreateAsync(KubernetesTypes.ConfigMaps, map, Polling.Limit());
        KubernetesException e = await Failing(() => client.CreateAsync(KubernetesTypes.ConfigMaps, map, Polling.Limit()));
        Assert.Equal((KubernetesFailure.AlreadyExists, 409), (e.Failure, e.Code));
        Assert.Contains("twice", e.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Missing_Objects_AreNullFalseOrNotFound(string server)
    {
        (KubernetesClient client, ConfigMap map) = Case(server, "missing");
        Assert.Null(await client.FindAsync(KubernetesTypes.ConfigMaps, ResourceName.Of(map), Polling.Limit()));
        Assert.False(await client.DeleteAsync(KubernetesTypes.ConfigMaps, ResourceName.Of(map), DeleteOptions.Anything, Polling.Limit()));
        KubernetesException update = await Failing(() => client.UpdateAsync(KubernetesTypes.ConfigMaps, map, Subresource.None, Polling.Limit()));
        KubernetesException elsewhere = await Failing(() => client.CreateAsync(
            KubernetesTypes.ConfigMaps, map with { Metadata = map.Metadata with { Namespace = "no-such-namespace" } }, Polling.Limit()));
        Assert.Equal(KubernetesFailure.NotFound, update.Failure);
        Assert.Equal(KubernetesFailure.NotFound, elsewhere.Failure);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Update_StaleVersion_Conflicts(string server)
    {
        (KubernetesClient client, ConfigMap map) = Case(server, "stale", ("a", "1"));
        ConfigMap first = await client.CreateAsync(KubernetesTypes.ConfigMaps, map, Polling.Limit());
        ConfigMap second = await client.UpdateAsync(KubernetesTypes.ConfigMaps, first with { Data = Data(("a", "2")) }, Subresource.None, Polling.Limit());
        KubernetesException e = await Failing(() => client.UpdateAsync(KubernetesTypes.ConfigMaps, first with { Data = Data(("a", "3")) }, Subresource.None, Polling.Limit()));
        Assert.NotEqual(first.Metadata.ResourceVersion, second.Metadata.ResourceVersion);
        Assert.Equal(KubernetesFailure.Conflict, e.Failure);
        Assert.False(e.IsPermanent);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Update_NoChange_KeepsTheVersion(string server)
    {
        (KubernetesClient client, ConfigMap map) = Case(server, "same", ("a", "1"));
        ConfigMap first = await client.CreateAsync(KubernetesTypes.ConfigMaps, map, Polling.Limit());
        ConfigMap second = await client.UpdateAsync(KubernetesTypes.ConfigMaps, first, Subresource.None, Polling.Limit());
        Assert.Equal(first.Metadata.ResourceVersion, second.Metadata.ResourceVersion);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task MergePatch_NullAndValue_RemovesAndSets(string server)
    {
        (KubernetesClient client, ConfigMap map) = Case(server, "patched", ("a", "1"), ("b", "2"));
        await client.CreateAsync(KubernetesTypes.ConfigMaps, map, Polling.Limit());
        JsonObject patch = new() { ["data"] = new JsonObject { ["a"] = null, ["c"] = "3" }, ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["x"] = "y" } } };
        ConfigMap patched = await client.MergePatchAsync(KubernetesTypes.ConfigMaps, ResourceName.Of(map), patch, Subresource.None, Polling.Limit());
        Assert.Equal(["b", "c"], patched.Data.Keys.Order());
        Assert.Equal("y", patched.Metadata.Labels["x"]);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Apply_TwoManagers_ConflictUnlessForced(string server)
    {
        (KubernetesClient client, ConfigMap map) = Case(server, "applied", ("a", "1"), ("b", "2"));
        await client.ApplyAsync(KubernetesTypes.ConfigMaps, map, new ApplyOptions("one"), Polling.Limit());
        ConfigMap others = map with { Data = Data(("a", "other")) };
        KubernetesException e = await Failing(() => client.ApplyAsync(KubernetesTypes.ConfigMaps, others, new ApplyOptions("two"), Polling.Limit()));
        ConfigMap forced = await client.ApplyAsync(KubernetesTypes.ConfigMaps, others, new ApplyOptions("two") { Force = true }, Polling.Limit());
        Assert.Equal(KubernetesFailure.Conflict, e.Failure);
        Assert.Contains(e.Causes, cause => cause.Field == ".data.a" && cause.Message.Contains("one", StringComparison.Ordinal));
        Assert.Equal(("other", "2"), (forced.Data["a"], forced.Data["b"]));
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Apply_FieldLeftOut_IsRemovedUnlessOthersWantIt(string server)
    {
        (KubernetesClient client, ConfigMap map) = Case(server, "shrunk", ("a", "1"), ("b", "2"), ("c", "3"));
        await client.ApplyAsync(KubernetesTypes.ConfigMaps, map, new ApplyOptions("one"), Polling.Limit());
        await client.ApplyAsync(KubernetesTypes.ConfigMaps, map with { Data = Data(("b", "2")) }, new ApplyOptions("two"), Polling.Limit());
        ConfigMap shrunk = await client.ApplyAsync(KubernetesTypes.ConfigMaps, map with { Data = Data(("c", "3")) }, new ApplyOptions("one"), Polling.Limit());
        Assert.Equal(["b", "c"], shrunk.Data.Keys.Order());
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Delete_OtherUid_ConflictsAndLeavesIt(string server)
    {
        (KubernetesClient client, ConfigMap map) = Case(server, "guarded");
        ConfigMap made = await client.CreateAsync(KubernetesTypes.ConfigMaps, map, Polling.Limit());
        KubernetesException e = await Failing(() => client.DeleteAsync(
            KubernetesTypes.ConfigMaps, ResourceName.Of(map), new DeleteOptions { Uid = "11111111-2222-3333-4444-555555555555" }, Polling.Limit()));
        bool deleted = await client.DeleteAsync(KubernetesTypes.ConfigMaps, ResourceName.Of(map), new DeleteOptions { Uid = made.Metadata.Uid }, Polling.Limit());
        Assert.Equal(KubernetesFailure.Conflict, e.Failure);
        Assert.True(deleted);
        Assert.Null(await client.FindAsync(KubernetesTypes.ConfigMaps, ResourceName.Of(map), Polling.Limit()));
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Delete_Finalizer_HoldsTheObject(string server)
    {
        (KubernetesClient client, ConfigMap map) = Case(server, "held");
        await client.CreateAsync(KubernetesTypes.ConfigMaps, map with { Metadata = map.Metadata with { Finalizers = ["k8sbackup.dev/test"] } }, Polling.Limit());
        await client.DeleteAsync(KubernetesTypes.ConfigMaps, ResourceName.Of(map), DeleteOptions.Anything, Polling.Limit());
        ConfigMap held = await client.GetAsync(KubernetesTypes.ConfigMaps, ResourceName.Of(map), Polling.Limit());
        Assert.NotNull(held.Metadata.DeletionTimestamp);
        JsonObject free = new() { ["metadata"] = new JsonObject { ["finalizers"] = null } };
        await client.MergePatchAsync(KubernetesTypes.ConfigMaps, ResourceName.Of(map), free, Subresource.None, Polling.Limit());
        Assert.Null(await client.FindAsync(KubernetesTypes.ConfigMaps, ResourceName.Of(map), Polling.Limit()));
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Delete_Owner_TakesWhatItOwnsAlong(string server)
    {
        (KubernetesClient client, ConfigMap map) = Case(server, "owner");
        ConfigMap owner = await client.CreateAsync(KubernetesTypes.ConfigMaps, map, Polling.Limit());
        OwnerReference reference = new() { ApiVersion = "v1", Kind = "ConfigMap", Name = "owner", Uid = owner.Metadata.Uid };
        ConfigMap owned = map with { Metadata = map.Metadata with { Name = "owned", OwnerReferences = [reference] } };
        await client.CreateAsync(KubernetesTypes.ConfigMaps, owned, Polling.Limit());
        await client.DeleteAsync(KubernetesTypes.ConfigMaps, ResourceName.Of(map), DeleteOptions.Anything, Polling.Limit());
        await Polling.UntilAsync(async () => await client.FindAsync(KubernetesTypes.ConfigMaps, ResourceName.Of(owned), Polling.Limit()) is null);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task List_Pages_GiveEverythingOnceInOneVersion(string server)
    {
        (KubernetesClient client, ConfigMap map) = Case(server, "");
        for (int i = 0; i < 7; i++)
        {
            ObjectMeta meta = map.Metadata with { Name = $"page-{i}", Labels = Data(("paged", i % 2 == 0 ? "even" : "odd")) };
            await client.CreateAsync(KubernetesTypes.ConfigMaps, map with { Metadata = meta }, Polling.Limit());
        }

        ListQuery query = ListQuery.In(map.Metadata.Namespace) with { LabelSelector = "paged", Limit = 3 };
        ResourcePage<ConfigMap> first = await client.ListPageAsync(KubernetesTypes.ConfigMaps, query, Polling.Limit());
        ResourcePage<ConfigMap> second = await client.ListPageAsync(KubernetesTypes.ConfigMaps, query with { Continue = first.Continue }, Polling.Limit());
        ResourcePage<ConfigMap> all = await client.ListAsync(KubernetesTypes.ConfigMaps, query, 100, Polling.Limit());
        ResourcePage<ConfigMap> even = await client.ListAsync(KubernetesTypes.ConfigMaps, query with { LabelSelector = "paged in (even)" }, 100, Polling.Limit());
        Assert.Equal((3, 3), (first.Items.Count, second.Items.Count));
        Assert.Equal(first.ResourceVersion, second.ResourceVersion);
        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"page-{i}"), all.Items.Select(item => item.Metadata.Name).Order());
        Assert.All(all.Items, item => Assert.Equal("ConfigMap", item.Kind));
        Assert.Equal(4, even.Items.Count);
        KubernetesException e = await Failing(() => client.ListAsync(KubernetesTypes.ConfigMaps, query, 5, Polling.Limit()));
        Assert.Equal(KubernetesFailure.TooLarge, e.Failure);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task List_FieldSelector_SelectsOrIsRefused(string server)
    {
        (KubernetesClient client, ConfigMap map) = Case(server, "chosen");
        await client.CreateAsync(KubernetesTypes.ConfigMaps, map, Polling.Limit());
        ListQuery query = ListQuery.In(map.Metadata.Namespace) with { FieldSelector = "metadata.name=chosen" };
        ResourcePage<ConfigMap> found = await client.ListPageAsync(KubernetesTypes.ConfigMaps, query, Polling.Limit());
        KubernetesException e = await Failing(() => client.ListPageAsync(KubernetesTypes.ConfigMaps, query with { FieldSelector = "data.a=1" }, Polling.Limit()));
        Assert.Equal("chosen", Assert.Single(found.Items).Metadata.Name);
        Assert.Equal(KubernetesFailure.BadRequest, e.Failure);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Watch_FromAList_TellsChangesInOrder(string server)
    {
        (KubernetesClient client, ConfigMap map) = Case(server, "watched", ("a", "1"));
        ListQuery query = ListQuery.In(map.Metadata.Namespace) with { FieldSelector = "metadata.name=watched" };
        ResourcePage<ConfigMap> list = await client.ListPageAsync(KubernetesTypes.ConfigMaps, query, Polling.Limit());
        ConfigMap made = await client.CreateAsync(KubernetesTypes.ConfigMaps, map, Polling.Limit());
        await client.UpdateAsync(KubernetesTypes.ConfigMaps, made with { Data = Data(("a", "2")) }, Subresource.None, Polling.Limit());
        await client.DeleteAsync(KubernetesTypes.ConfigMaps, ResourceName.Of(map), DeleteOptions.Anything, Polling.Limit());
        WatchQuery watch = new() { Namespace = query.Namespace, FieldSelector = query.FieldSelector, ResourceVersion = list.ResourceVersion };
        List<(WatchChange, string)> seen = [];
        await foreach (WatchEvent<ConfigMap> change in client.WatchAsync(KubernetesTypes.ConfigMaps, watch, Polling.Limit()))
        {
            if (change.Change != WatchChange.Bookmark)
            {
                seen.Add((change.Change, change.Item.Data.GetValueOrDefault("a", "")));
            }

            if (seen.Count == 3)
            {
                break;
            }
        }

        Assert.Equal([(WatchChange.Added, "1"), (WatchChange.Modified, "2"), (WatchChange.Deleted, "2")], seen);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Status_AndSpec_ChangeOnlyBySeparateWrites(string server)
    {
        ApiUnderTest api = _servers[server];
        PersistentVolumeClaim claim = new()
        {
            Metadata = new ObjectMeta { Namespace = api.Namespace, Name = "claim" },
            Spec = new PersistentVolumeClaimSpec
            {
                AccessModes = ["ReadWriteOnce"],
                StorageClassName = "",
                Resources = new VolumeResources { Requests = new Dictionary<string, Quantity> { ["storage"] = Quantity.Parse("1Gi") } },
            },
        };
        await api.Client.CreateAsync(KubernetesTypes.PersistentVolumeClaims, claim, Polling.Limit());
        JsonObject status = new() { ["status"] = new JsonObject { ["phase"] = "Lost" }, ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["from"] = "main" } } };
        PersistentVolumeClaim main = await api.Client.MergePatchAsync(
            KubernetesTypes.PersistentVolumeClaims, ResourceName.Of(claim), status, Subresource.None, Polling.Limit());
        JsonObject both = new() { ["status"] = new JsonObject { ["accessModes"] = new JsonArray("ReadOnlyMany") }, ["spec"] = new JsonObject { ["volumeName"] = "other" } };
        PersistentVolumeClaim sub = await api.Client.MergePatchAsync(
            KubernetesTypes.PersistentVolumeClaims, ResourceName.Of(claim), both, Subresource.Status, Polling.Limit());
        Assert.Equal("Pending", main.Status.Phase);
        Assert.Equal("main", main.Metadata.Labels["from"]);
        Assert.Equal(["ReadOnlyMany"], sub.Status.AccessModes);
        Assert.Equal("", sub.Spec.VolumeName);
        Assert.Equal("", sub.Spec.StorageClassName);
        Assert.Equal(1L << 30, sub.Spec.Resources.Requests["storage"].Bytes);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Create_BadName_NamesTheField(string server)
    {
        (KubernetesClient client, ConfigMap map) = Case(server, "Bad_Name");
        KubernetesException e = await Failing(() => client.CreateAsync(KubernetesTypes.ConfigMaps, map, Polling.Limit()));
        Assert.Equal((KubernetesFailure.Invalid, 422), (e.Failure, e.Code));
        Assert.Contains(e.Causes, cause => cause.Field == "metadata.name");
        Assert.True(e.IsPermanent);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Secret_Bytes_ComeBack(string server)
    {
        ApiUnderTest api = _servers[server];
        byte[] value = [0, 255, 10, 13, .. Encoding.UTF8.GetBytes("käse")];
        Secret secret = new() { Metadata = new ObjectMeta { Namespace = api.Namespace, Name = "bytes" }, Data = new Dictionary<string, byte[]> { ["PASSWORD"] = value } };
        Secret made = await api.Client.CreateAsync(KubernetesTypes.Secrets, secret, Polling.Limit());
        Assert.Equal(value, made.Data["PASSWORD"]);
        Assert.Equal($"Secret {api.Namespace}/bytes", secret.ToString());
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Lease_Microseconds_ComeBack(string server)
    {
        ApiUnderTest api = _servers[server];
        DateTimeOffset time = new DateTimeOffset(2026, 11, 21, 10, 20, 30, TimeSpan.Zero).AddMicroseconds(123456);
        Lease lease = new()
        {
            Metadata = new ObjectMeta { Namespace = api.Namespace, Name = "lease" },
            Spec = new LeaseSpec { HolderIdentity = "me", LeaseDurationSeconds = 15, AcquireTime = time, RenewTime = time, LeaseTransitions = 3 },
        };
        Lease made = await api.Client.CreateAsync(KubernetesTypes.Leases, lease, Polling.Limit());
        Assert.Equal(lease.Spec, made.Spec);
        KubernetesException e = await Failing(() => api.Client.UpdateAsync(
            KubernetesTypes.Leases, made with { Metadata = made.Metadata with { ResourceVersion = "" } }, Subresource.None, Polling.Limit()));
        Assert.Equal(KubernetesFailure.Invalid, e.Failure);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Event_OnAnObject_IsKept(string server)
    {
        (KubernetesClient client, ConfigMap map) = Case(server, "eventful");
        ConfigMap made = await client.CreateAsync(KubernetesTypes.ConfigMaps, map, Polling.Limit());
        Event happened = new()
        {
            Metadata = new ObjectMeta { Namespace = map.Metadata.Namespace, Name = "eventful.1" },
            EventTime = new DateTimeOffset(2026, 11, 21, 10, 20, 30, TimeSpan.Zero),
            ReportingController = "k8sbackup.dev/coordinator",
            ReportingInstance = "one",
            Action = "Backup",
            Reason = "Started",
            Type = "Normal",
            Note = "A run began.",
            Regarding = new ObjectReference { ApiVersion = "v1", Kind = "ConfigMap", Namespace = map.Metadata.Namespace, Name = "eventful", Uid = made.Metadata.Uid },
        };
        Event kept = await client.CreateAsync(KubernetesTypes.Events, happened, Polling.Limit());
        Assert.Equal(("Started", made.Metadata.Uid), (kept.Reason, kept.Regarding!.Uid));
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Reviews_OfNobody_SayNo(string server)
    {
        KubernetesClient client = _servers[server].Client;
        TokenReviewStatus token = await client.ReviewTokenAsync("nobody's", ["k8s-backup"], Polling.Limit());
        SubjectAccessReviewStatus access = await client.ReviewAccessAsync(
            new SubjectAccessReviewSpec { User = "nobody", ResourceAttributes = new ResourceAttributes { Verb = "delete", Resource = "secrets" } }, Polling.Limit());
        Assert.False(token.Authenticated);
        Assert.False(access.Allowed);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Reviews_OfSomebody_SayWhoAndYes(string server)
    {
        ApiUnderTest api = _servers[server];
        SubjectAccessReviewStatus access = await api.Client.ReviewAccessAsync(
            new SubjectAccessReviewSpec { User = "somebody", Groups = ["system:masters"], ResourceAttributes = new ResourceAttributes { Verb = "delete", Resource = "secrets" } },
            Polling.Limit());
        Assert.True(access.Allowed);
        if (api.StandIn is { } standIn)
        {
            // A real one gives its tokens to pods only.
            standIn.AddToken("t", new KnownToken { Username = "system:serviceaccount:a:b", Uid = "u", Audiences = ["k8s-backup", "x"] });
            TokenReviewStatus token = await api.Client.ReviewTokenAsync("t", ["k8s-backup", "y"], Polling.Limit());
            Assert.Equal((true, "system:serviceaccount:a:b", "u", "k8s-backup"), (token.Authenticated, token.User.Username, token.User.Uid, Assert.Single(token.Audiences)));
            Assert.False((await api.Client.ReviewTokenAsync("t", ["y"], Polling.Limit())).Authenticated);
        }
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Watch_FromLongAgo_IsExpired(string server)
    {
        (KubernetesClient client, ConfigMap map) = Case(server, "old");
        await client.CreateAsync(KubernetesTypes.ConfigMaps, map, Polling.Limit());
        // A real one does not remember its first version either.
        _servers[server].StandIn?.Compact();
        KubernetesException e = await Failing(async () =>
        {
            await foreach (WatchEvent<ConfigMap> change in client.WatchAsync(KubernetesTypes.ConfigMaps, new WatchQuery { ResourceVersion = "1" }, Polling.Limit()))
            {
                Assert.Fail($"unexpected: {change}");
            }
        });
        Assert.Equal(KubernetesFailure.Expired, e.Failure);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Exec_InARunningPod_HasItsStreamsAndCode(string server)
    {
        ApiUnderTest api = _servers[server];
        Container container = new() { Name = "main", Image = Environment.GetEnvironmentVariable("E2E_WORKLOAD_IMAGE") ?? "busybox:1.36", Command = ["sleep", "1000000"] };
        Pod pod = new() { Metadata = new ObjectMeta { Namespace = api.Namespace, Name = "shell" }, Spec = new PodSpec { Containers = [container] } };
        await api.Client.CreateAsync(KubernetesTypes.Pods, pod, Polling.Limit());
        if (api.StandIn is not null)
        {
            JsonObject running = new() { ["status"] = new JsonObject { ["phase"] = "Running" } };
            await api.Client.MergePatchAsync(KubernetesTypes.Pods, ResourceName.Of(pod), running, Subresource.Status, Polling.Limit());
        }

        await Polling.UntilAsync(async () => (await api.Client.GetAsync(KubernetesTypes.Pods, ResourceName.Of(pod), Polling.Limit())).Status.Phase == "Running");
        using MemoryStream input = new("given"u8.ToArray());
        using MemoryStream output = new();
        using MemoryStream error = new();
        int code = await api.Client.RunAsync(
            new PodCommand(ResourceName.Of(pod), "main", ["sh", "-c", "cat; echo trouble >&2; exit 3"]), new PodStreams { Input = input, Output = output, Error = error }, Polling.Limit());
        Assert.Equal((3, "given", "trouble\n"), (code, Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(error.ToArray())));
    }

    private static Task<KubernetesException> Failing(Func<Task> call) => Assert.ThrowsAsync<KubernetesException>(call);

    private static Dictionary<string, string> Data(params (string Key, string Value)[] entries) => entries.ToDictionary(e => e.Key, e => e.Value);

    private (KubernetesClient Client, ConfigMap Map) Case(string server, string name, params (string Key, string Value)[] data)
    {
        ApiUnderTest api = _servers[server];
        return (api.Client, new ConfigMap { Metadata = new ObjectMeta { Namespace = api.Namespace, Name = name }, Data = Data(data) });
    }
}
