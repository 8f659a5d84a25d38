using K8sBackup.ObjectStore.Opening;
using K8sBackup.ObjectStore.S3;
using K8sBackup.TestKit;
using K8sBackup.TestKit.ObjectGateways;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.ObjectStore.Tests.S3;

/// <summary>Keys that are replaced under a running store, and keys that are wrong.</summary>
[Collection(CephFixture.Collection)]
public sealed class S3CredentialTests : IDisposable
{
    private readonly CephFixture _ceph;
    private readonly TemporaryDirectory _directory = new();

    public S3CredentialTests(CephFixture ceph) => _ceph = ceph;

    private string Keys => Path.Combine(_directory.Path, "keys");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Keys_RotatedMidRun_AreReadAgain(bool showsInTheFilesTime)
    {
        // The same length, so that only the time of the file tells it changed, or nothing does.
        string key = showsInTheFilesTime ? "rotating01" : "rotating02";
        await _ceph.Server.AdminAsync("key", "create", $"--uid={CephServer.User}", "--key-type=s3", $"--access-key={key}", $"--secret-key={CephServer.SecretKey}");
        CephFixture.WriteCredentials(Keys, key, CephServer.SecretKey);
        DateTime written = File.GetLastWriteTimeUtc(Keys);
        using OpenedStore opened = await CephFixture.OpenAsync(Bucket(await _ceph.NewBucketAsync()));
        await opened.Store.PutIfAbsentAsync("a", new byte[1], default);

        await _ceph.Server.AdminAsync("key", "rm", $"--uid={CephServer.User}", "--key-type=s3", $"--access-key={key}");
        CephFixture.WriteCredentials(Keys, CephServer.AccessKey, CephServer.SecretKey);
        if (!showsInTheFilesTime)
        {
            File.SetLastWriteTimeUtc(Keys, written);
        }

        Assert.Equal(PutOutcome.Created, await opened.Store.PutIfAbsentAsync("b", new byte[1], default));
    }

    [Theory]
    [InlineData("[default]\naws_access_key_id = half")]
    [InlineData("")]
    [InlineData(null)]
    public async Task Keys_FileHalfWrittenOrGoneMidRun_AreTheFormerOnesUntilItIsWhole(string? text)
    {
        CephFixture.WriteCredentials(Keys, CephServer.AccessKey, CephServer.SecretKey);
        using OpenedStore opened = await CephFixture.OpenAsync(Bucket(await _ceph.NewBucketAsync()));
        File.Delete(Keys);
        if (text is not null)
        {
            await File.WriteAllTextAsync(Keys, text);
        }

        Assert.Equal(PutOutcome.Created, await opened.Store.PutIfAbsentAsync("a", new byte[1], default));
        CephFixture.WriteCredentials(Keys, "whole-again", "but-unknown-there");
        await RefusedAsync(opened.Store);
    }

    [Fact]
    public async Task Keys_ReadingHangsMidRun_AreTheFormerOnesAndOneThreadWaits()
    {
        CephFixture.WriteCredentials(Keys, "one", "secret-one");
        ReloadingCredentials credentials = new(new S3CredentialSource(Keys, S3CredentialSource.DefaultProfile));
        Assert.Equal("one", credentials.GetCredentials().AccessKey);
        File.Delete(Keys);
        await ChildProcess.RunAsync("mkfifo", [Keys], TimeSpan.FromMinutes(1));
        (credentials.ReadMax, credentials.LookEvery) = (TimeSpan.FromMilliseconds(100), TimeSpan.Zero);

        // The first waits for the pipe, and the others for nothing.
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.Equal("one", credentials.GetCredentials().AccessKey));
        Assert.Contains("pipe nobody writes to", Assert.Throws<InvalidDataException>(() => credentials.Renew("one", "secret-one")).Message, StringComparison.Ordinal);

        CephFixture.WriteCredentials(Keys, "two", "secret-two");
        credentials.ReadMax = TimeSpan.FromMinutes(1);
        Assert.True(credentials.Renew("one", "secret-one"));
        Assert.Equal("two", credentials.GetCredentials().AccessKey);
    }

    [Fact]
    public void Keys_FileSystemHangsMidRun_AreTheFormerOnesAndOneThreadWaits()
    {
        CephFixture.WriteCredentials(Keys, "one", "secret-one");
        ReloadingCredentials credentials = new(new S3CredentialSource(Keys, S3CredentialSource.DefaultProfile)) { LookEvery = TimeSpan.Zero };
        Assert.Equal("one", credentials.GetCredentials().AccessKey);
        using ManualResetEventSlim back = new();
        int looks = 0;
        credentials.ReadMax = TimeSpan.FromMilliseconds(100);
        credentials.StampOf = _ =>
        {
            Interlocked.Increment(ref looks);
            back.Wait();
            return default;
        };

        Assert.All(Enumerable.Range(0, 1000), _ => Assert.Equal("one", credentials.GetCredentials().AccessKey));

        CephFixture.WriteCredentials(Keys, "two", "secret-two");
        credentials.ReadMax = TimeSpan.FromMinutes(1);
        back.Set();
        Assert.True(credentials.Renew("one", "secret-one"));
        Assert.Equal(1, looks);
    }

    [Fact]
    public async Task Keys_Refused_FailOnceAndAreInNoMessage()
    {
        CephFixture.WriteCredentials(Keys, CephServer.AccessKey, "very-secret-but-wrong");

        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(() => CephFixture.OpenAsync(Bucket("any-bucket")));

        Assert.Equal(ObjectStoreError.PermissionDenied, error.Error);
        Assert.DoesNotContain("very-secret", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(CephServer.SecretKey, error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "keys")]
    [InlineData("[someone]\naws_access_key_id = x\naws_secret_access_key = hidden-value\n", "has no section [default]")]
    [InlineData("[default]\nrole_arn = x\n", "needs aws_access_key_id and aws_secret_access_key")]
    [InlineData("", "has no section [default]")]
    public async Task Keys_FileUnusable_IsConfigurationWithTheReason(string? text, string expected)
    {
        if (text is not null)
        {
            await File.WriteAllTextAsync(Keys, text);
        }

        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(() => CephFixture.OpenAsync(Bucket("any-bucket")));

        Assert.Equal(ObjectStoreError.Configuration, error.Error);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-value", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_OfAProfile_AreThoseOfItsSection()
    {
        File.WriteAllText(Keys, "[default]\naws_access_key_id=a\naws_secret_access_key=b\n[backup]\naws_access_key_id=c\naws_secret_access_key=d\naws_session_token=e\n");
        Amazon.Runtime.ImmutableCredentials keys = new ReloadingCredentials(new S3CredentialSource(Keys, "backup")).GetCredentials();
        Assert.Equal(("c", "d", "e"), (keys.AccessKey, keys.SecretKey, keys.Token));
    }

    [Fact]
    public void Keys_FromTheEnvironment_AreRead()
    {
        Dictionary<string, string> variables = new() { ["AWS_ACCESS_KEY_ID"] = "a", ["AWS_SECRET_ACCESS_KEY"] = "b", ["AWS_SESSION_TOKEN"] = "c" };
        ReloadingCredentials credentials = new(S3CredentialSource.FromEnvironment, variables.GetValueOrDefault);
        Assert.Equal(("a", "b", "c"), (credentials.GetCredentials().AccessKey, credentials.GetCredentials().SecretKey, credentials.GetCredentials().Token));
        Assert.Throws<InvalidDataException>(() => new ReloadingCredentials(S3CredentialSource.FromEnvironment, _ => null).GetCredentials());
    }

    // The file is looked at once in a while.
    private static async Task RefusedAsync(IObjectStore store)
    {
        long begin = TimeProvider.System.GetTimestamp();
        ObjectStoreException? refusal = null;
        for (int i = 0; refusal is null; i++)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromMinutes(1), "The keys are the former ones for ever.");
            refusal = await Record.ExceptionAsync(() => store.PutIfAbsentAsync($"b{i}", new byte[1], default)) as ObjectStoreException;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        Assert.Equal(ObjectStoreError.PermissionDenied, refusal.Error);
    }

    private S3Options Bucket(string bucket) => _ceph.Bucket(bucket) with { Credentials = new S3CredentialSource(Keys, S3CredentialSource.DefaultProfile) };
}
