using System.Text;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Reading;
using K8sBackup.FileTree.Restoring;
using K8sBackup.FileTree.Tests.Support;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Trees;
using K8sBackup.TestKit;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Tests.Walking;

/// <summary>Trees nobody has, until somebody has: walked, read and restored.</summary>
public sealed class AwkwardTreeTests : IDisposable
{
    private static readonly RestoreOptions _same = new() { Id = "test", KeepPrivileges = true, CreateDevices = true, Durable = false };

    private readonly TemporaryDirectory _source = new("/tmp");
    private readonly TemporaryDirectory _target = new("/tmp");

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
    }

    [Fact]
    public async Task FourThousandLevels_AreTheSameTree()
    {
        Shell.Run(_source.Path, """
            python3 - <<'P'
            import os
            for i in range(4000):
                os.mkdir('dd'); os.chdir('dd')
            open('bottom', 'w').write('deep')
            P
            """);
        CapturedTree tree = CapturedTree.Of(_source.Path);
        Assert.Equal((4002, 3 * 4000 + 6), (tree.Items.Count, tree.Items[^1].Entry.Path.Length));

        (List<RestoreResult> results, _) = await tree.RestoreAsync(_target.Path, _same);

        Assert.All(results, r => Assert.Equal(RestoreOutcome.Restored, r.Outcome));
        Assert.Equal(tree.Describe(), CapturedTree.Of(_target.Path).Describe());
    }

    [Fact]
    public void ThreeHundredThousandNamesInOneDirectory_TakeTheMemoryOfTheirNames()
    {
        using TemporaryDirectory directory = new("/dev/shm");
        Shell.Run(directory.Path, "python3 -c \"import os\nfor i in range(300000): os.close(os.open('%08d' % i, os.O_CREAT))\"");
        using SafeFileHandle root = DirectoryHandles.OpenRoot(directory.Path);
        using TreeWalker walker = new(root, new WalkOptions());
        Assert.True(walker.MoveNext());
        long before = GC.GetTotalMemory(forceFullCollection: true);
        int count = 0;
        while (walker.MoveNext())
        {
            count++;
        }

        Assert.Equal(300_000, count);
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < 16 << 20);
    }

    [Fact]
    public void AMillionNames_TakeTheMemoryOfTheirNames()
    {
        const int count = 1_000_000;
        int next = count;
        long before = GC.GetTotalMemory(forceFullCollection: true);

        DirectoryNames names = DirectoryNames.Read(buffer =>
        {
            int used = 0;
            // struct linux_dirent64: here a record takes 40 bytes, with a name of 20.
            for (; next > 0 && used + 40 <= buffer.Length; used += 40)
            {
                buffer.AsSpan(used, 40).Clear();
                (buffer[used + 16], buffer[used + 18]) = (40, 8);
                Assert.True(next-- is int i && i.TryFormat(buffer.AsSpan(used + 19, 20), out _, "D20", System.Globalization.CultureInfo.InvariantCulture));
            }

            return used;
        });

        Assert.Equal(count, names.Count);
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < 64 << 20);
        Assert.Equal(("00000000000000000001", "00000000000001000000"), (Encoding.ASCII.GetString(names[0]), Encoding.ASCII.GetString(names[count - 1])));
        Assert.True(names.Contains("00000000000000777777"u8) && !names.Contains("00000000000001000001"u8));
    }

    [Fact]
    public async Task OneTerabyteWithAFewBytes_TakesTheTimeAndSpaceOfThose()
    {
        using TemporaryDirectory source = new("/dev/shm");
        using TemporaryDirectory target = new("/dev/shm");
        Shell.Run(source.Path, """
            truncate -s 1T sparse; for at in 1 4095 1234567 999999999999; do printf x | dd of=sparse bs=1 seek=$at conv=notrunc status=none; done
            fallocate -l 64K reserved; : >empty; truncate -s 123456789012 hole
            """);
        CapturedTree tree = CapturedTree.Of(source.Path);

        (List<RestoreResult> results, _) = await tree.RestoreAsync(target.Path, _same);

        Assert.All(results, r => Assert.Equal(RestoreOutcome.Restored, r.Outcome));
        Assert.Equal(tree.Describe(), CapturedTree.Of(target.Path).Describe());
        Assert.InRange(int.Parse(Shell.Run(target.Path, "stat -c %b sparse"), System.Globalization.CultureInfo.InvariantCulture), 1, 1024);
        Assert.Equal("0", Shell.Run(target.Path, "stat -c %b hole"));
    }

    [Fact]
    public void FileThatHasNoEnd_IsReadToTheSizeItSaysAndNoFurther()
    {
        using SafeFileHandle root = DirectoryHandles.OpenRoot("/proc/sys/kernel/random");
        using TreeWalker walker = new(root, new WalkOptions());
        while (walker.MoveNext())
        {
            if (walker.Current.Kind == EntryKind.File)
            {
                using FileReader file = walker.HoldFile().Open();
                Assert.False(file.NextSegment(0, out _, out _));
            }
        }
    }

    [Fact]
    public async Task NamesOfEveryKind_AreByteForByteAndNeverNormalised()
    {
        Shell.Run(_source.Path, """
            touch $'e\xcc\x81' $'\xc3\xa9' $'\xe2\x80\xaertl' 'trailing ' ' leading' '..x' '...' ./-rf '*' '~' $'\x01' $'\xff' $'tab\there' 'Case' 'case' "$(printf '\xf0\x9f\x98\x80%.0s' {1..63})"
            """);
        CapturedTree tree = CapturedTree.Of(_source.Path);
        Assert.Equal(17, tree.Items.Count);

        await tree.RestoreAsync(_target.Path, _same);

        Assert.Equal(
            Directory.GetFileSystemEntries(_source.Path).Length,
            CapturedTree.Of(_target.Path).Items.Count - 1);
        Assert.Equal(tree.Items.Select(i => Convert.ToHexString(i.Entry.Path)), CapturedTree.Of(_target.Path).Items.Select(i => Convert.ToHexString(i.Entry.Path)));
        Assert.All(tree.Items, i => Assert.DoesNotContain(TreePath.Display(i.Entry.Path), char.IsControl));
    }

    [Fact]
    public async Task LinksToOutsideAndAcross_AreFilesAndGroups()
    {
        Shell.Run(_source.Path, "mkdir v outside; echo one >v/a; ln v/a outside/a; mkdir v/d v/e; echo two >v/d/b; ln v/d/b v/e/b; ln v/d/b v/z");
        CapturedTree tree = CapturedTree.Of(_source["v"]);
        Assert.Equal(
            ["a File", "d/b File", "e/b HardLink", "z HardLink"],
            tree.Items.Where(i => i.Entry.Kind is EntryKind.File or EntryKind.HardLink).Select(i => $"{Encoding.UTF8.GetString(i.Entry.Path)} {i.Entry.Kind}"));

        await tree.RestoreAsync(_target.Path, _same);

        Assert.Equal("1 3", Shell.Run(_target.Path, "stat -c %h a z | tr '\\n' ' '").Trim());
    }

    [Fact]
    public async Task AttributesOf64KiB_AreRestored()
    {
        using TemporaryDirectory source = new("/dev/shm");
        using TemporaryDirectory target = new("/dev/shm");
        Shell.Run(source.Path, "touch f; python3 -c \"import os; os.setxattr('f', 'trusted.big', b'v' * 65536); os.setxattr('f', 'security.selinux', b'system_u:object_r:etc_t:s0')\"");
        CapturedTree tree = CapturedTree.Of(source.Path);
        Assert.Contains(tree.Items[1].Entry.Attributes, a => a.Value.Length == 65_536);

        (List<RestoreResult> results, _) = await tree.RestoreAsync(target.Path, _same);

        Assert.Empty(results[1].Notes);
        Assert.Equal(tree.Describe(), CapturedTree.Of(target.Path).Describe());
    }
}
