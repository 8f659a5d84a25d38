using System.Security.Cryptography;
using System.Text;
using K8sBackup.Agent.Drills;
using K8sBackup.FileTree.Native;
using K8sBackup.TestKit;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.Tests.Drills;

/// <summary>A drill of files must find every difference between the disk and the repository.</summary>
public sealed class ReadBackTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public void Compare_WhatWasRestored_HasNoDifference()
    {
        byte[] content = [.. new byte[5000], .. Bytes(1, 3000), .. new byte[2000], .. Bytes(2, 100)];
        Write("dir/file", content);
        Write("empty", []);
        RestoredFile file = File("dir/file", 10_100, (5000, content[5000..8000]), (10_000, content[10_000..]));

        Assert.Null(Compare(file, File("empty", 0)));
    }

    [Fact]
    public void Compare_AChangedByte_IsFound()
    {
        byte[] content = Bytes(3, 2_500_000);
        byte[] changed = [.. content];
        changed[2_400_000] ^= 1;
        Write("file", changed);

        Assert.Contains("not those of the repository", Compare(File("file", content.Length, (0, content))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4500)]
    [InlineData(8999)]
    public void Compare_SomethingInAHole_IsFound(int place)
    {
        byte[] data = Bytes(4, 1000);
        byte[] content = [.. new byte[1000], .. data, .. new byte[7000]];
        RestoredFile file = File("file", 9000, (1000, data));
        Write("file", content);
        Assert.Null(Compare(file));

        content[place] = 1;
        Write("file", content);

        Assert.Contains("not zeros", Compare(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_FileThatIsMissingShorterOrALink_IsFound()
    {
        Assert.Contains("not there", Compare(File("missing", 0)), StringComparison.Ordinal);
        Assert.Contains("not there", Compare(File("no/such/dir", 0)), StringComparison.Ordinal);
        Write("short", new byte[5]);
        Assert.Contains("5 bytes instead of 6", Compare(File("short", 6)), StringComparison.Ordinal);
        System.IO.File.CreateSymbolicLink(Path.Combine(_directory.Path, "link"), "short");
        Assert.Contains("not there", Compare(File("link", 5)), StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    private static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static RestoredFile File(string path, long size, params (long Offset, byte[] Content)[] pieces)
    {
        RestoredFile file = new(Encoding.UTF8.GetBytes(path), size);
        file.Pieces.AddRange(pieces.Select(p => new RestoredPiece(p.Offset, p.Content.Length, SHA256.HashData(p.Content))));
        return file;
    }

    private void Write(string path, byte[] content)
    {
        string full = Path.Combine(_directory.Path, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        System.IO.File.WriteAllBytes(full, content);
    }

    private string? Compare(params RestoredFile[] files)
    {
        using SafeFileHandle root = DirectoryHandles.OpenRoot(_directory.Path);
        return ReadBack.Compare(root, files, CancellationToken.None);
    }
}
