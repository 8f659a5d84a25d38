using Google.Protobuf;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Restoring;

namespace K8sBackup.Coordinator.Delivery;

/// <summary>Selections as requests name them.</summary>
internal static class PathSelections
{
    /// <exception cref="BackupException">InvalidRequest: a path is not one a tree can hold, or there are too many.</exception>
    public static PathSelection From(IReadOnlyCollection<ByteString> paths)
    {
        try
        {
            return new PathSelection([.. paths.Select(path => path.ToByteArray())]);
        }
        catch (InvalidDataException e)
        {
            throw new BackupException(FailureCause.InvalidRequest, e.Message, e);
        }
    }
}
