using System.Text.Json;
using K8sBackup.FileTree.Native;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.PodVolumes;

/// <summary>
/// What the kubelet wrote beside the mount of a CSI volume (<c>vol_data.json</c>): which volume of which driver it is. The directory
/// alone does not say that.
/// </summary>
internal static class VolumeData
{
    private const int BytesMax = 64 * 1024;

    /// <exception cref="BackupException">It is another volume, or nothing says which.</exception>
    public static void Require(SafeFileHandle directory, PodVolume volume, string place)
    {
        Dictionary<string, string> data = Read(directory, place);
        RequireValue(data, "driverName", volume.Kind == PodVolumeKind.Csi ? volume.Driver : "", place);
        RequireValue(data, "volumeHandle", volume.Handle, place);
        RequireValue(data, "specVolID", volume.PersistentVolume, place);
    }

    private static Dictionary<string, string> Read(SafeFileHandle directory, string place)
    {
        try
        {
            using SafeFileHandle file = DirectoryHandles.OpenFile(directory, "vol_data.json"u8);
            byte[] bytes = new byte[BytesMax];
            int length = RandomAccess.Read(file, bytes, 0);
            using JsonDocument document = JsonDocument.Parse(bytes.AsMemory(0, length));
            return document.RootElement.EnumerateObject()
                .Where(member => member.Value.ValueKind == JsonValueKind.String)
                .ToDictionary(member => member.Name, member => member.Value.GetString()!, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or JsonException or InvalidOperationException or ArgumentException)
        {
            throw new BackupException(FailureCause.SourceUnreadable, $"Which volume is mounted at {place} cannot be told: vol_data.json: {e.Message}", e);
        }
    }

    // What the task does not know it does not ask for: in-tree volumes served by a CSI driver have a handle only the kubelet knows.
    private static void RequireValue(Dictionary<string, string> data, string name, string expected, string place)
    {
        if (expected.Length > 0 && data.GetValueOrDefault(name) != expected)
        {
            throw new BackupException(
                FailureCause.SourceMissing, $"Another volume is at {place}: its {name} is '{data.GetValueOrDefault(name)}', not '{expected}'.");
        }
    }
}
