using System.IO.Pipes;
using K8sBackup.Model.Files;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Model.Tests.Files;

public sealed class DiskSyncTests
{
    private const int InvalidArgument = 22;

    [Fact]
    public void Sync_WhatCannotBeKept_IsSaid()
    {
        // A pipe has no disk under it: the kernel refuses.
        using AnonymousPipeServerStream pipe = new();
        using SafeFileHandle handle = new(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);

        IOException error = Assert.Throws<IOException>(() => DiskSync.Sync(handle, "/srv/state/result"));

        Assert.Equal(InvalidArgument, error.HResult);
        Assert.Contains("did not keep /srv/state/result", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sync_File_HasEverythingWrittenSoFar()
    {
        string path = Path.GetTempFileName();
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.Read, bufferSize: 4096);
            file.Write([1, 2, 3]);

            DiskSync.Sync(file);

            Assert.Equal(3, new FileInfo(path).Length);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
