using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Etcd.Tests.Support;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.DataDir;

public sealed class DataDirBuilderTests : IDisposable
{
    private readonly TemporaryDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("3.5.0", null, false, 4)]
    [InlineData("3.5.0", "3.6.0", true, 5)]
    [InlineData(null, null, true, 4)]
    [InlineData("3.0.0", null, true, 4)]
    public void Build_TargetOlderThanData_IsRefusedAndLeavesNothing(string? cluster, string? storage, bool term, int targetMinor)
    {
        var request = Request(SampleDatabase.Write(_temp["db"], cluster, storage, term)) with { TargetVersion = new EtcdVersion(3, targetMinor) };

        Assert.Equal(DataDirFault.TargetTooOld, FaultOf(request));
        Assert.False(Directory.Exists(request.StageDirectory));
    }

    [Theory]
    [InlineData(5, VersionFit.Supported)]
    [InlineData(6, VersionFit.Supported)]
    [InlineData(7, VersionFit.SkipsMinors)]
    public void Build_TargetNotOlder_SaysWhetherToWarn(int targetMinor, VersionFit expected)
    {
        var request = Request(SampleDatabase.Write(_temp["db"], "3.5.0", null, true)) with { TargetVersion = new EtcdVersion(3, targetMinor) };

        Assert.Equal(expected, new DataDirBuilder().Build(request, CancellationToken.None).VersionFit);
    }

    [Fact]
    public void Build_DowngradeAndAlarmInSource_AreLeftBehind()
    {
        var request = Request(SampleDatabase.Write(_temp["db"], "3.4.0"));
        Assert.True(SnapshotVerifier.Verify(request.DatabasePath, DigestRule.Absent, CancellationToken.None).DowngradePending);

        var built = new DataDirBuilder().Build(request, CancellationToken.None);

        var facts = SnapshotVerifier.Verify(Path.Combine(built.MemberDirectory, "snap", "db"), DigestRule.Absent, CancellationToken.None);
        Assert.False(facts.DowngradePending);
        Assert.Equal("3.4.0", facts.ClusterVersion);
    }

    [Theory]
    [InlineData(4, null)]
    [InlineData(5, 1UL)]
    public void Build_TermInSource_IsResetOrDroppedAsTheTargetKeepsIt(int targetMinor, ulong? expected)
    {
        var request = Request(SampleDatabase.Write(_temp["db"], "3.4.0", null, withTerm: true)) with { TargetVersion = new EtcdVersion(3, targetMinor) };

        var built = new DataDirBuilder().Build(request, CancellationToken.None);

        var facts = SnapshotVerifier.Verify(Path.Combine(built.MemberDirectory, "snap", "db"), DigestRule.Absent, CancellationToken.None);
        Assert.Equal(expected, facts.Term);
    }

    [Fact]
    public void Build_TooLittleSpace_IsRefusedAndLeavesNothing()
    {
        var request = Request(SampleDatabase.Write(_temp["db"]));

        var error = Assert.Throws<DataDirException>(
            () => new DataDirBuilder(_ => 64 << 20).Build(request, CancellationToken.None));

        Assert.Equal(DataDirFault.NotEnoughSpace, error.Fault);
        Assert.False(Directory.Exists(request.StageDirectory));
    }

    [Fact]
    public void Build_StageNotEmpty_IsRefusedAndKept()
    {
        var request = Request(SampleDatabase.Write(_temp["db"]));
        Directory.CreateDirectory(request.StageDirectory);
        File.WriteAllText(Path.Combine(request.StageDirectory, "precious"), "x");

        Assert.Equal(DataDirFault.StageNotEmpty, FaultOf(request));
        Assert.True(File.Exists(Path.Combine(request.StageDirectory, "precious")));
    }

    [Fact]
    public void Build_DamagedSource_IsRefusedAndLeavesNothing()
    {
        var path = SampleDatabase.Write(_temp["db"]);
        var bytes = File.ReadAllBytes(path);
        bytes[(2 * 4096) + 8] = 0x77;
        File.WriteAllBytes(path, bytes);
        var request = Request(path);

        Assert.Throws<CorruptDatabaseException>(() => new DataDirBuilder().Build(request, CancellationToken.None));
        Assert.False(Directory.Exists(request.StageDirectory));
    }

    [Fact]
    public void Build_OwnerGiven_EverythingBelongsToItAndToNobodyElse()
    {
        var request = Request(SampleDatabase.Write(_temp["db"])) with { Owner = new FileOwner(1234, 2345), WalStageDirectory = _temp["wal"] };

        var built = new DataDirBuilder().Build(request, CancellationToken.None);

        var paths = Directory.EnumerateFileSystemEntries(request.StageDirectory, "*", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFileSystemEntries(built.WalDirectory))
            .ToArray();
        Assert.Equal(5, paths.Length);
        foreach (var path in paths)
        {
            var mode = File.GetUnixFileMode(path);
            Assert.Equal(UnixFileMode.None, mode & (UnixFileMode)0b111_111);
            Assert.Equal("1234 2345", Stat(path));
        }
    }

    [Fact]
    public void Build_OldMemberHasALabel_NewFilesGetIt()
    {
        const string label = "system_u:object_r:etcd_var_lib_t:s0";
        var old = Directory.CreateDirectory(_temp["old"]).FullName;
        Run("/usr/bin/python3", "-c", "import os,sys; os.setxattr(sys.argv[1], 'security.selinux', sys.argv[2].encode())", old, label);
        var request = Request(SampleDatabase.Write(_temp["db"])) with { LabelFrom = old };

        var built = new DataDirBuilder().Build(request, CancellationToken.None);

        var database = Path.Combine(built.MemberDirectory, "snap", "db");
        Assert.Equal(label, Run("/usr/bin/python3", "-c", "import os,sys; print(os.getxattr(sys.argv[1], 'security.selinux').decode())", database));
    }

    [Theory]
    [InlineData("ftp://a:1")]
    [InlineData("http://a")]
    [InlineData("http://a:1/")]
    [InlineData("http://a:1/path")]
    [InlineData("http://:1")]
    [InlineData("http://a:99999")]
    [InlineData("http://a:-1")]
    [InlineData("http://user@a:1")]
    [InlineData("a:1")]
    [InlineData("")]
    public void Create_BadPeerUrl_IsRefused(string url)
    {
        var error = Assert.Throws<DataDirException>(() => ClusterIdentity.Create([new InitialMember("a", [url])], "token"));

        Assert.Equal(DataDirFault.InvalidMembership, error.Fault);
    }

    [Fact]
    public void Create_NamesOrUrlsNotUnique_IsRefused()
    {
        static void Refused(params InitialMember[] members) => Assert.Equal(
            DataDirFault.InvalidMembership, Assert.Throws<DataDirException>(() => ClusterIdentity.Create(members, "token")).Fault);

        Refused();
        Refused(new InitialMember("a", []));
        Refused(new InitialMember("", ["http://a:1"]));
        Refused(new InitialMember("a", ["http://a:1"]), new InitialMember("a", ["http://b:1"]));
        Refused(new InitialMember("a", ["http://a:1"]), new InitialMember("b", [" HTTP://a:1 "]));
    }

    [Fact]
    public void Create_SameUrlsOtherToken_GivesOtherIds()
    {
        InitialMember[] members = [new("a", ["http://a:1"])];

        Assert.NotEqual(ClusterIdentity.Create(members, "t1").ClusterId, ClusterIdentity.Create(members, "t2").ClusterId);
        Assert.Equal(ClusterIdentity.Create(members, "t1").ClusterId, ClusterIdentity.Create(members, "t1").ClusterId);
    }

    [Theory]
    [InlineData("snap/db")]
    [InlineData("wal/0000000000000000-0000000000000000.wal")]
    [InlineData("snap/0000000000000001-0000000000000001.snap")]
    public void Verify_AnyWrittenByteChanged_IsNoticed(string file)
    {
        var built = new DataDirBuilder().Build(Request(SampleDatabase.Write(_temp["db"])), CancellationToken.None);
        var path = Path.Combine(built.MemberDirectory, file);
        var good = File.ReadAllBytes(path);
        var random = new Random(5);

        // What nothing refers to may change unseen: free room in pages, and the WAL behind the record that ends it.
        var (from, to) = file switch
        {
            "snap/db" => FindRecords(good),
            _ => (0, good.AsSpan().LastIndexOfAnyExcept((byte)0) + 1),
        };
        for (var round = 0; round < 200; round++)
        {
            var (offset, bit) = (random.Next(from, to), random.Next(8));
            Overwrite(path, offset, (byte)(good[offset] ^ (1 << bit)));
            var error = Record.Exception(() => DataDirVerifier.Verify(built, CancellationToken.None));
            Assert.True(error is DataDirException or CorruptDatabaseException, $"{file} byte {offset} of {to} bit {bit}: {error}");
            Overwrite(path, offset, good[offset]);
        }

        DataDirVerifier.Verify(built, CancellationToken.None);
    }

    // The file in which most is changed has 64 MiB.
    private static void Overwrite(string path, int offset, byte value)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        RandomAccess.Write(file, [value], offset);
    }

    private static (int From, int To) FindRecords(byte[] database)
    {
        var record = (ReadOnlySpan<byte>)[0x0a, 2, (byte)'k', 2, 0x10];
        var start = database.AsSpan().IndexOf(record);
        return (start, start + 13);
    }

    private DataDirRequest Request(string database) =>
        RestoreFixture.Request(database, _temp["stage"]) with { Digest = DigestRule.Absent };

    private static DataDirFault FaultOf(DataDirRequest request) =>
        Assert.Throws<DataDirException>(() => new DataDirBuilder().Build(request, CancellationToken.None)).Fault;

    private static string Stat(string path) => Run("stat", "-c", "%u %g", path);

    private static string Run(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
