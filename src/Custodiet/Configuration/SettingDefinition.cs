namespace Custodiet.Configuration;

/// <summary>A setting as it is documented.</summary>
/// <param name="Name">For example <c>queue.bytes_max</c>.</param>
/// <param name="Description">What it does, with unit, default and range.</param>
/// <param name="Default">Its value when nothing sets it; null where a rule computes it.</param>
/// <param name="Minimum">Smallest number.</param>
/// <param name="Maximum">Largest number; 0 for what is no number.</param>
/// <param name="IsFlag">Whether it is on or off.</param>
/// <param name="IsMap">Whether it is a mapping, kept as <c>key=value;key=value</c>.</param>
internal sealed record SettingDefinition(
    string Name,
    string Description,
    string? Default,
    long Minimum = 0,
    long Maximum = 0,
    bool IsFlag = false,
    bool IsMap = false
);
