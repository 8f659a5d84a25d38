using System.Runtime.InteropServices;
using System.Text;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Tests.Support;
using K8sBackup.FileTree.Walking;
using K8sBackup.TestKit;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Tests.Walking;

/// <summary>The same whether the kernel has openat2, has not, or a seccomp profile refuses it.</summary>
public sealed class OpenBeneathTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(Errno.NotPermitted)]
    [InlineData(Errno.NotImplemented)]
    public void OpenBeneath_OpenAt2Refused_OpensStepByStepAndFollowsNothing(int error)
    {
        Shell.Run(_directory.Path, "mkdir -p v/a/b outside/b; touch v/a/b/inside outside/b/secret; ln -s ../outside v/out; ln -s a v/in; ln -s /proc/self/root v/magic");
        BlockedSystemCall.Run((uint)Libc.SysOpenAt2, error, () =>
        {
            using SafeFileHandle root = DirectoryHandles.OpenRoot(_directory["v"]);
            Assert.Equal(error, ErrorOfOpenAt2(root));
            using SafeFileHandle opened = DirectoryHandles.OpenBeneath(root, "a/b"u8);
            using TreeWalker walker = new(opened, new WalkOptions());
            Assert.True(walker.MoveNext() && walker.MoveNext());
            Assert.Equal("inside", Encoding.UTF8.GetString(walker.Current.Path));
            AssertRefused(root);
        });
        using SafeFileHandle again = DirectoryHandles.OpenRoot(_directory["v"]);
        AssertRefused(again);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void OpenBeneath_PathLongerThanTheKernelTakes_IsOpenedInStretchesAndFollowsNothing(bool isBlocked)
    {
        Shell.Run(_directory.Path, """
            python3 - <<'P'
            import os
            os.mkdir('v'); os.chdir('v')
            for i in range(40):
                os.mkdir('x' * 240); os.chdir('x' * 240)
            os.mkdir('end'); os.symlink('end', 'link')
            P
            """);
        byte[] path = Encoding.ASCII.GetBytes(string.Join('/', Enumerable.Repeat(new string('x', 240), 40)));
        Action act = () =>
        {
            using SafeFileHandle root = DirectoryHandles.OpenRoot(_directory["v"]);
            DirectoryHandles.OpenBeneath(root, [.. path, .. "/end"u8]).Dispose();
            Assert.Throws<LinuxException>(() => DirectoryHandles.OpenBeneath(root, [.. path, .. "/link"u8]));
            Assert.Throws<LinuxException>(() => DirectoryHandles.OpenBeneath(root, [.. path, .. "/missing"u8]));
        };
        if (isBlocked)
        {
            BlockedSystemCall.Run((uint)Libc.SysOpenAt2, Errno.NotPermitted, act);
        }
        else
        {
            act();
        }
    }

    private static void AssertRefused(SafeFileHandle root)
    {
        foreach (string path in new[] { "out/b", "in/b", "magic/etc", "out", "missing/b", "a/b/inside" })
        {
            Assert.Throws<LinuxException>(() => DirectoryHandles.OpenBeneath(root, Encoding.UTF8.GetBytes(path)));
        }
    }

    private static unsafe int ErrorOfOpenAt2(SafeFileHandle root)
    {
        OpenHow how = new() { Resolve = OpenHow.ResolveBeneath };
        fixed (byte* name = "a\0"u8)
        {
            Assert.Equal(-1, Libc.OpenAt2(Libc.SysOpenAt2, root, name, &how, (nuint)sizeof(OpenHow)));
            return Marshal.GetLastPInvokeError();
        }
    }
}
